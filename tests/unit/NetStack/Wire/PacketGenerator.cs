using System.Net;
using CsCheck;
using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack.Tests;

/// <summary>A TCP segment as a test wants it, and as PacketDotNet writes it.</summary>
internal sealed record PlainSegment(
    FlowKey Flow, uint Sequence, uint Acknowledgment, byte Flags, ushort Window, byte[] Options, byte[] Payload)
{
    /// <summary>The packet from remote to local, written by PacketDotNet.</summary>
    public byte[] ToBytes()
    {
        // PacketDotNet cannot write options, so it gets a header that has them already
        var header = new byte[20 + Options.Length];
        Options.CopyTo(header, 20);
        header[12] = (byte)(header.Length / 4 << 4);
        var tcp = new TcpPacket(new ByteArraySegment(header))
        {
            SourcePort = Flow.RemotePort,
            DestinationPort = Flow.LocalPort,
            SequenceNumber = Sequence,
            AcknowledgmentNumber = Acknowledgment,
            WindowSize = Window,
            PayloadData = Payload,
        };
        tcp.Flags = Flags;
        var source = Flow.Remote.ToIPAddress();
        var destination = Flow.Local.ToIPAddress();
        IPPacket ip = Flow.Local.IsIPv4 ? new IPv4Packet(source, destination) : new IPv6Packet(source, destination);
        ip.Protocol = ProtocolType.Tcp;
        ip.PayloadPacket = tcp;
        tcp.UpdateTcpChecksum();
        ip.UpdateCalculatedValues();
        (ip as IPv4Packet)?.UpdateIPChecksum();
        return ip.Bytes;
    }
}

internal static class PacketGenerator
{
    public static readonly Gen<IpAddress> Ipv4 =
        Gen.UInt[0x0100_0000, 0xDFFF_FFFF].Where(value => value >> 24 != 127).Select(IpAddress.FromIpv4);

    public static readonly Gen<IpAddress> Ipv6 = Gen.Select(
        Gen.ULong, Gen.ULong, (high, low) => new IpAddress(0xFD00_0000_0000_0000 | (high >> 8), low));

    public static readonly Gen<FlowKey> Flow = Gen.OneOf(
        Gen.Select(Ipv4, Ipv4, Gen.UShort, Gen.UShort, (a, b, c, d) => new FlowKey(a, b, c, d)),
        Gen.Select(Ipv6, Ipv6, Gen.UShort, Gen.UShort, (a, b, c, d) => new FlowKey(a, b, c, d)));

    /// <summary>Options that are in order, in whole words.</summary>
    public static readonly byte[][] OptionLists =
    [
        [],
        [1, 1, 1, 1],
        [2, 4, 5, 180],
        [1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8],
        [2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7],
        [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9],
        [254, 4, 1, 2, 0, 9, 9, 9],
    ];

    public static readonly Gen<byte[]> Options = Gen.Int[0, OptionLists.Length - 1].Select(i => OptionLists[i]);

    /// <summary>No URG, on which PacketDotNet gives up.</summary>
    public static readonly Gen<PlainSegment> Segment = Gen.Select(
        Flow, Gen.UInt, Gen.UInt, Gen.Byte.Select(b => (byte)(b & ~(byte)TcpFlags.Urg)), Gen.UShort, Options, Gen.Byte.Array[0, 1400],
        (flow, seq, ack, flags, window, options, payload) =>
            new PlainSegment(flow, seq, ack, flags, window, options, payload));
}
