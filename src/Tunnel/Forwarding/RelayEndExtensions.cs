using System.Buffers;

namespace Onetun.Tunnel.Forwarding;

internal static class RelayEndExtensions
{
    /// <inheritdoc cref="IRelayEnd.WriteAsync"/>
    public static ValueTask WriteAsync(this IRelayEnd end, ReadOnlyMemory<byte> data) => end.WriteAsync(new ReadOnlySequence<byte>(data));
}
