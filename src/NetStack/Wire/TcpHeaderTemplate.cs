using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>
/// The IP and TCP headers of a flow: constant fields are written and summed once, and each segment fills in the rest.
/// </summary>
internal sealed class TcpHeaderTemplate
{
    private const int TcpLength = SegmentReader.TcpHeaderLength;

    private readonly byte[] _header;
    private readonly uint _ipSum;
    private readonly uint _tcpSum;

    /// <summary>A template for segments from the local to the remote end of a flow.</summary>
    public TcpHeaderTemplate(in FlowKey flow, byte hopLimit = HeaderPrototype.DefaultHopLimit)
    {
        IpHeaderLength = HeaderPrototype.IpLength(flow.Local);
        _header = new byte[IpHeaderLength + TcpLength];
        HeaderPrototype.WriteIp(_header, flow.Local, flow.Remote, IpProtocol.Tcp, hopLimit, 0);
        HeaderPrototype.WriteTcp(_header.AsSpan(IpHeaderLength), flow);

        // Of all but the checksum field; the length field is that of an empty packet
        _ipSum = Checksum.Add(_header.AsSpan(0, 10)) + Checksum.Add(_header.AsSpan(12, 8));
        _tcpSum = Checksum.PseudoHeader(flow.Local, flow.Remote, IpProtocol.Tcp, 0) + flow.LocalPort + flow.RemotePort;
    }

    public int IpHeaderLength { get; }

    /// <summary>
    /// Writes IP header, TCP header and options in front of a payload that is already in its place in <paramref name="packet"/>;
    /// <paramref name="payloadSum"/> is its partial <see cref="Checksum"/>. The length of the packet is then
    /// <see cref="IpHeaderLength"/> + 20 + options + payload.
    /// </summary>
    public void Write(
        Span<byte> packet,
        uint sequence,
        uint acknowledgment,
        TcpFlags flags,
        ushort window,
        ReadOnlySpan<byte> options,
        int payloadLength,
        uint payloadSum,
        EcnField ecn = EcnField.NotEct)
    {
        var length = TcpLength + options.Length + payloadLength;
        _header.CopyTo(packet);
        if (IpHeaderLength == IpHeader.Ipv4Length)
        {
            packet[1] = (byte)ecn;
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(IpHeader.Ipv4Length + length));
            BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Checksum.Finish(_ipSum + (uint)ecn + (uint)length));
        }
        else
        {
            packet[1] = (byte)((int)ecn << 4);
            BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)length);
        }

        var tcp = packet.Slice(IpHeaderLength, TcpLength + options.Length);
        var offsetAndFlags = ((uint)(tcp.Length / 4) << 12) | (uint)flags;
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgment);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[12..], (offsetAndFlags << 16) | window);
        ulong sum = Checksum.CopyAndAdd(options, tcp[TcpLength..], payloadSum);
        sum += (ulong)_tcpSum + (uint)length + sequence + acknowledgment + offsetAndFlags + window;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Checksum.Finish(Checksum.Fold32(sum)));
    }
}
