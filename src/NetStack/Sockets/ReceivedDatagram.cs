using System.Net;

namespace Onetun.NetStack;

/// <summary>What <see cref="UdpPort.ReceiveFromAsync"/> has received.</summary>
/// <param name="Length">The bytes of the payload, which are in the buffer: 0 to <see cref="UdpSocket.MaxPayload"/>.</param>
/// <param name="RemoteEndPoint">
/// The sender's address and port, to which an answer may be sent, unless the port is 0: then none is wanted (RFC 768), and
/// <see cref="UdpPort.SendTo"/> throws. The same object is given for further datagrams of the same sender, so it must not be changed.
/// </param>
public readonly record struct ReceivedDatagram(int Length, IPEndPoint RemoteEndPoint);
