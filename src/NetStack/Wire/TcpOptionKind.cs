namespace Onetun.NetStack;

/// <summary>The kinds of TCP options that the stack uses.</summary>
internal enum TcpOptionKind : byte
{
    EndOfList = 0,
    NoOperation = 1,
    MaximumSegmentSize = 2,
    WindowScale = 3,
    SackPermitted = 4,
    Sack = 5,
    Timestamps = 8,
}
