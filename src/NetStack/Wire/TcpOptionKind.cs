namespace Onetun.NetStack;

/// <summary>The TCP option kinds the stack speaks.</summary>
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
