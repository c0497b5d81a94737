using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Proxies;

/// <summary>
/// A client's requests to one server, in turn, over one connection to it: a client that logs in by NTLM or Negotiate proves
/// whose that connection is (RFC 4559 §6), and no other client ever has it.
/// </summary>
/// <param name="client">Sends them.</param>
/// <param name="server">Is sent them.</param>
/// <param name="readNext">Reads another; null if there is none. Never throws.</param>
internal sealed class PlainRequests(IRelayEnd client, IRelayEnd server, Func<Task<ProxyRequest?>> readNext)
{
    /// <summary>What is not for this connection to the server any more, nothing of which was sent.</summary>
    public ProxyRequest? Next { get; private set; }

    /// <summary>One of the connections broke, and nothing more can be had from the client.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Carries one, and those that follow it; never throws.</summary>
    public async Task<RelayResult> RunAsync(ProxyRequest first, Traffic traffic, IdleWatch? idle)
    {
        Next = first;
        var (up, down) = (0L, 0L);
        while (true)
        {
            using var exchange = new PlainExchange(client, server, Next.Plain!, isFirst: Next == first);
            Next = null;
            var result = await Relay.RunAsync(exchange.Client, exchange.Server, traffic, idle)
                .ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // A look-up for the next request may take its time
            (up, down) = (up + result.BytesUp, down + result.BytesDown);
            result = result with { BytesUp = up, BytesDown = down };
            if (result.Error is not null || !exchange.IsKept)
            {
                IsBroken = result.Error is not null;
                return result;
            }

            Next = await readNext().ConfigureAwait(false);
            if (Next?.Plain is null || !Next.Destination.Equals(first.Destination) || !IsSilent())
            {
                return result with { Ending = RelayEnding.ClosedByClient };
            }
        }
    }

    /// <summary>The server has neither ended, nor said anything that nobody asked for (RFC 9112 §9.2).</summary>
    private bool IsSilent()
    {
        try
        {
            if (!server.Input.TryRead(out var read))
            {
                return true;
            }

            server.Input.AdvanceTo(read.Buffer.Start);
            return false;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return false;
        }
    }
}
