namespace Onetun.Capture;

/// <summary>The format of a capture file.</summary>
public enum PcapFileFormat
{
    /// <summary>Classic pcap (draft-ietf-opsawg-pcap): inner packets with the time, to the microsecond; every tool reads it.</summary>
    Pcap,

    /// <summary>
    /// pcapng (draft-ietf-opsawg-pcapng): also directions, comments and statistics, and on request datagrams and keys.
    /// </summary>
    Pcapng,
}
