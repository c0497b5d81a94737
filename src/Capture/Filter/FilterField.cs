namespace Onetun.Capture;

/// <summary>A number in a packet that a filter looks at, by its place and its size.</summary>
internal enum FilterField : byte
{
    /// <summary>8 bits, so many bytes from the beginning of the packet.</summary>
    Byte,

    /// <summary>16 bits, so many bytes from the beginning of the packet.</summary>
    Half,

    /// <summary>32 bits, so many bytes from the beginning of the packet.</summary>
    Word,

    /// <summary>
    /// 16 bits, so many bytes from the end of the IPv4 header: from where its length says that is, be it too short, as in libpcap.
    /// </summary>
    HalfBehindIpv4,
}
