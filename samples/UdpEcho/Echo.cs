using Onetun.NetStack;

namespace UdpEcho;

/// <summary>Sends each datagram back to whoever sent it.</summary>
internal static class Echo
{
    public static async Task RunAsync(UdpPort port, CancellationToken stopping)
    {
        var buffer = new byte[UdpSocket.MaxPayload];
        try
        {
            while (true)
            {
                var received = await port.ReceiveFromAsync(buffer, stopping);
                if (received.RemoteEndPoint.Port != 0)               // else it wants no answer (RFC 768)
                {
                    port.SendTo(buffer.AsSpan(0, received.Length), received.RemoteEndPoint);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }
}
