using System.Net;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Gate;
using Onetun.Tunnel.Forwarding;
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
    public void Processes_that_end_leave_nothing_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the files stay.");
        var (claim, _) = Take(_theirs, NewKey());
        File.WriteAllText(claim!.Gate!, "");
        Assert.Null(Take(NewKey(), _theirs).Claim);
        claim.Dispose();
        Assert.Empty(Left());
    }

    [Fact]
    public void What_a_process_that_was_killed_has_left_goes_when_the_next_begins()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the files stay.");
        var (alive, _) = Take(_theirs);
        var before = Left();
        foreach (var extension in new[] { "lock", "holder", "gate" })
        {
            File.WriteAllText(Path.Combine(_directory.FullName, "onetun", $"killed.{extension}"), "");
        }

        Take(NewKey()).Claim!.Dispose();
        Assert.Equal(before, Left());
        Assert.Null(Take(_theirs).Claim);
        alive!.Dispose();
    }

    [Fact]
    public void A_claim_that_is_given_back_twice_is_not_taken_from_the_next_holder()
    {
        var (claim, _) = Take(_theirs);
        claim!.Dispose();
        using var next = Take(_theirs).Claim;
        claim.Dispose();
        Assert.Null(Take(_theirs).Claim);
    }

    [Fact]
    public void Processes_that_come_and_go_at_once_never_have_it_together()
    {
        var taken = 0;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            for (var i = 0; i < 1000; i++)
            {
                using var claim = Take(_theirs).Claim;
                if (claim is not null)
                {
                    Interlocked.Increment(ref taken);
                    Assert.NotNull(claim.Gate);
                    Assert.Null(Take(_theirs).Claim);
                }
            }
        });
        Assert.NotEqual(0, taken);
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
        using var reader = new StreamReader(connection!.Input.AsStream());
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

    private IEnumerable<string> Left() =>
        [.. Directory.EnumerateFiles(Path.Combine(_directory.FullName, "onetun")).Order(StringComparer.Ordinal)];

    private static PublicKey NewKey()
    {
        using var key = PrivateKey.Generate();
        return key.PublicKey;
    }

    private (SessionClaim? Claim, SessionHolder? Holder) Take(params PublicKey[] peers) =>
        SessionClaim.Take(Path.Combine(_directory.FullName, "onetun"), _ours, peers);
}
