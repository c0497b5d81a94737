using System.Net;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Forwarding;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class SessionClaimTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun");
    private readonly PublicKey _ours = NewKey();
    private readonly PublicKey _theirs = NewKey();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void The_sessions_with_a_peer_have_one_holder_whom_the_next_is_told_of()
    {
        var (claim, _) = Take(_theirs);
        var (second, holder) = Take(NewKey(), _theirs);
        Assert.Null(second);
        Assert.Equal(new SessionHolder(Environment.ProcessId, claim!.Gate!), holder);

        claim.Dispose();
        var (third, _) = Take(_theirs);
        Assert.NotNull(third);
        third.Dispose();
    }

    [Fact]
    public void What_a_refused_claim_had_taken_already_is_free_again()
    {
        var (other, claim) = (NewKey(), Take(_theirs).Claim);
        Assert.Null(Take(other, _theirs).Claim);
        var (second, _) = Take(other);
        Assert.NotNull(second);
        second.Dispose();
        claim!.Dispose();
    }

    [Fact]
    public void Where_there_is_no_directory_for_it_nobody_is_kept_from_running()
    {
        var file = Path.Combine(_directory.FullName, "file");
        File.WriteAllText(file, "");
        var (claim, _) = SessionClaim.Take(Path.Combine(file, "onetun"), _ours, [_theirs]);
        Assert.Null(claim!.Gate);
    }

    [Fact]
    public async Task A_connection_comes_through_the_gate_of_another_process()
    {
        var gate = Path.Combine(_directory.FullName, "a.gate");
        await using var demo = await DemoGateway.StartAsync(new ServiceConfiguration { Gate = gate });
        var (connection, _) = await GateClient.ConnectAsync(gate, At(80), Cancellation);
        await using var ours = connection!;
        await connection!.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(connection.Input.AsStream());
        Assert.Contains("<html", await reader.ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task What_the_gate_cannot_do_is_told_with_its_reason()
    {
        var gate = Path.Combine(_directory.FullName, "a.gate");
        await using var demo = await DemoGateway.StartAsync(new ServiceConfiguration { Gate = gate });
        var (connection, refusal) = await GateClient.ConnectAsync(gate, At(81), Cancellation);
        Assert.Null(connection);
        Assert.Contains("refused", refusal);
    }

    [Fact]
    public async Task Nobody_at_the_gate_is_nobody()
    {
        Assert.Equal(default, await GateClient.ConnectAsync(Path.Combine(_directory.FullName, "b.gate"), At(80), Cancellation));
        Assert.Equal(default, await GateClient.ConnectAsync("", At(80), Cancellation));
    }

    private static IPEndPoint At(int port) => new(IPAddress.Parse("192.168.4.2"), port);

    private static PublicKey NewKey()
    {
        using var key = PrivateKey.Generate();
        return key.PublicKey;
    }

    private (SessionClaim? Claim, SessionHolder? Holder) Take(params PublicKey[] peers) =>
        SessionClaim.Take(Path.Combine(_directory.FullName, "onetun"), _ours, peers);
}
