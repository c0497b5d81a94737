namespace Onetun.NetStack;

/// <summary>What the application should know.</summary>
[Flags]
internal enum TcpEvents
{
    None = 0,
    Connected = 1,
    Readable = 2,
    Writable = 4,
    Ended = 8,
}
