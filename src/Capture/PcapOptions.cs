namespace Onetun.Capture;

/// <summary>What a <see cref="PcapWriter"/> writes, and how much.</summary>
public sealed record PcapOptions
{
    /// <summary>The smallest <see cref="MaxFileSize"/>, bytes: two of the longest packets.</summary>
    public const long SmallestFile = 128 << 10;

    private const int LongestPacket = 65535;

    /// <summary>The format. Default classic pcap.</summary>
    public PcapFileFormat Format { get; init; }

    /// <summary>What is captured. Default inner packets; a classic pcap file takes nothing else.</summary>
    public TapLayers Layers { get; init; } = TapLayers.Inner;

    /// <summary>
    /// Which inner packets are kept, and which datagrams: those that carry such a packet, and those that carry none. Default all.
    /// </summary>
    public PacketFilter? Filter { get; init; }

    /// <summary>
    /// The bytes that are kept of each packet: 1 to 65,535, the default. Datagrams that are cut cannot be decrypted.
    /// </summary>
    public int SnapLength
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(SnapLength));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, LongestPacket, nameof(SnapLength));
            field = value;
        }
    } = LongestPacket;

    /// <summary>
    /// The bytes of a file, after which another is begun: at least <see cref="SmallestFile"/>, or 0 for no limit, the default. It
    /// counts for <see cref="PcapWriter.Create"/> alone.
    /// </summary>
    public long MaxFileSize
    {
        get;
        init
        {
            if (value != 0)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(value, SmallestFile, nameof(MaxFileSize));
            }

            field = value;
        }
    }

    /// <summary>The files that are kept, after which the first is written anew; 0 is no limit, the default.</summary>
    public int MaxFiles
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(MaxFiles));
            field = value;
        }
    }

    /// <summary>The packets of both layers after which the capture ends; 0 is no limit, the default.</summary>
    public long MaxPackets
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(MaxPackets));
            field = value;
        }
    }

    /// <summary>
    /// Bytes of the buffer between capturing and writing: at least 24, for pcapng 4,096. Default 16 MiB. Packets that do not fit
    /// are dropped and counted.
    /// </summary>
    public int BufferSize { get; init; } = 16 << 20;

    /// <summary>The program that a pcapng file says it is from; at most 512 bytes. Default <c>onetun</c>.</summary>
    public string Application { get; init; } = "onetun";

    /// <summary>The clock of statistics, and of packets that come without a time. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Throws if these options do not go together.</summary>
    /// <exception cref="ArgumentException">
    /// There is no layer of packets, or a classic pcap file is to have more than inner ones, or the format is none.
    /// </exception>
    public void Validate()
    {
        if (!Enum.IsDefined(Format))
        {
            throw new ArgumentOutOfRangeException(nameof(Format), Format, "There is no such format.");
        }

        if ((Layers & (TapLayers.Inner | TapLayers.Outer)) == TapLayers.None)
        {
            throw new ArgumentException("There is nothing to capture.", nameof(Layers));
        }

        if (Format == PcapFileFormat.Pcap && Layers != TapLayers.Inner)
        {
            throw new ArgumentException("A classic pcap file takes inner packets alone: pcapng takes the rest.", nameof(Layers));
        }
    }

    internal IFileFormat CreateFormat()
    {
        Validate();
        return Format == PcapFileFormat.Pcapng ? new PcapngFormat(this) : new PcapFormat(SnapLength);
    }
}
