using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack;

/// <summary>
/// PacketDotNet guesses the protocol of a TCP or UDP payload from its ports and content, and mistakes some plain data for other
/// protocols (a third byte of D0 for DRDA, a port for DHCP). It leaves payloads alone once this has been called.
/// </summary>
internal static class PacketDotNetSetup
{
    public static void KeepPayloadsRaw() => TransportPacket.CustomPayloadDecoder = static (payload, _) => Raw(payload);

    private static PacketOrByteArraySegment Raw(ByteArraySegment payload) => new() { ByteArraySegment = payload };
}
