using System.Buffers;

namespace Onetun.NetStack.Tests;

/// <summary>What users of .NET's own pipes rely on while they write.</summary>
public sealed class WriterTests
{
    private readonly VirtualHosts _hosts = new();

    [Fact]
    public async Task Room_stays_the_same_until_it_is_used_though_all_before_it_is_acknowledged_meanwhile()
    {
        var (client, server) = await _hosts.ConnectAsync();
        client.Output.Write("header"u8);
        var room = client.Output.GetMemory(20);
        "chunk"u8.CopyTo(room.Span[1..]);
        await server.Output.WriteAsync(new byte[2000]); // What answers it carries the header, though it was not flushed
        _hosts.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((6, 0), (client.GetStatistics().AcknowledgedBytes, client.UnacknowledgedBytes));

        Assert.Equal(room, client.Output.GetMemory());
        client.Output.GetSpan()[0] = (byte)'5';
        client.Output.Advance(6);
        await client.Output.FlushAsync();
        _hosts.Exchange();
        Assert.True(server.Input.TryRead(out var read));
        Assert.Equal("header5chunk"u8, read.Buffer.ToArray());
    }

    [Fact]
    public async Task What_is_not_flushed_is_counted_wherever_it_is()
    {
        var (client, _) = await _hosts.ConnectAsync();
        client.Output.Write(new byte[100_000]);
        client.Output.GetMemory();
        Assert.Equal(100_000, client.Output.UnflushedBytes);
        await client.Output.WriteAsync(new byte[1]);
        Assert.Equal(0, client.Output.UnflushedBytes);
    }
}
