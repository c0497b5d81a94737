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

    /// <summary>The peer has acknowledged everything, our FIN included.</summary>
    Delivered = 16,

    /// <summary>It has not, in the time that a close would wait for it.</summary>
    Lingered = 32,
}
