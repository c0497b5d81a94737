using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack;

/// <summary>
/// PacketDotNet guesses at the payload of TCP and UDP from ports and content, and takes some plain data for protocols
/// of its own (a third byte of D0 for DRDA, a port for DHCP); it leaves the payload alone once this has been called.
/// </summary>
internal static class PacketDotNetSetup
{
    public static void KeepPayloadsRaw() => TransportPacket.CustomPayloadDecoder = static (payload, _) => Raw(payload);

    private static PacketOrByteArraySegment Raw(ByteArraySegment payload) => new() { ByteArraySegment = payload };
}
