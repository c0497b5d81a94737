using System.Net;
using System.Net.Sockets;
using Onetun.Interop;

namespace Onetun.Conformance.Tests;

/// <summary>The judge: .NET's own stream over loopback.</summary>
public sealed class NetworkStreamTests : StreamConformance
{
    internal override async Task<StreamPair> OpenAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var ours = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await ours.ConnectAsync(listener.LocalEndpoint, Cancellation);
        var theirs = await listener.AcceptSocketAsync(Cancellation);
        return new StreamPair(new NetworkStream(ours, ownsSocket: true), new NetworkStream(theirs, ownsSocket: true))
        {
            AbortTheirs = () => theirs.Close(0),
            EndTheirOutput = () => End(theirs),
            EndOurOutput = () => End(ours),
            Arrival = () => Eventually.TrueAsync(() => Task.FromResult(ours.Available > 0), TimeSpan.FromSeconds(60), "it arrives"),
            Dispose = () => ValueTask.CompletedTask,
        };
    }

    protected override async Task ConnectNowhereAsync()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // It is nobody else's, and nobody listens
        await socket.ConnectAsync(free.LocalEndPoint!, Cancellation);
    }

    private static ValueTask End(Socket socket)
    {
        socket.Shutdown(SocketShutdown.Send);
        return ValueTask.CompletedTask;
    }
}
