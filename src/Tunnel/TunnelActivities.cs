using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>The spans of this library, named as OpenTelemetry names those of connections.</summary>
internal static class TunnelActivities
{
    /// <summary>The name of the source, which a program adds to its tracing.</summary>
    public const string Name = "Onetun.Tunnel";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>A connection that is opened.</summary>
    public static Activity? Connect(EndPoint remote)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var (host, port) = remote switch
        {
            DnsEndPoint named => (SafeText.Of(named.Host), named.Port),
            IPEndPoint known => (known.Address.ToString(), known.Port),
            _ => ("", 0),
        };
        var activity = Source.StartActivity($"connect {host}:{port}", ActivityKind.Client);
        activity?.SetTag("server.address", host);
        activity?.SetTag("server.port", port);
        activity?.SetTag("network.transport", "tcp");
        return activity;
    }

    /// <summary>A handshake that we began and that has been answered, with what it took.</summary>
    public static void Handshake(PeerEvent happened, Device device)
    {
        if (happened is not HandshakeCompleted { IsInitiator: true } || !Source.HasListeners()
            || device.FindPeer(happened.PublicKey) is not { } peer)
        {
            return;
        }

        var took = peer.GetStatistics(default).HandshakeRoundTrip ?? TimeSpan.Zero;
        using var activity = Source.StartActivity(
            "handshake", ActivityKind.Client, default(ActivityContext), startTime: happened.Time - took);
        activity?.SetTag("onetun.peer.public_key", $"{happened.PublicKey}");
        activity?.SetTag("network.peer.address", $"{peer.EndPoint}");
        activity?.SetEndTime(happened.Time);
    }

    /// <summary>It did not come about.</summary>
    public static void Fail(Activity? activity, Exception error)
    {
        activity?.SetTag("error.type", error is SocketException socket ? $"{socket.SocketErrorCode}" : error.GetType().FullName);
        activity?.SetStatus(ActivityStatusCode.Error, error.Message);
    }
}
