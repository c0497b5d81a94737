namespace Onetun.NetStack;

/// <summary>The events of a connection that concern the application.</summary>
[Flags]
internal enum TcpEvents
{
    None = 0,
    Connected = 1,
    Readable = 2,
    Writable = 4,
    Ended = 8,
}
