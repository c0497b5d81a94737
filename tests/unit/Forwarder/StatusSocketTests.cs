using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Control;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class StatusSocketTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DirectoryInfo _runtime = Directory.CreateTempSubdirectory("onetun");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Sockets => Path.Combine(_runtime.FullName, "onetun");

    public void Dispose() => _runtime.Delete(recursive: true);

    [Fact]
    public async Task The_directory_of_the_socket_is_for_its_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        await using var control = Open([Sockets]);
#pragma warning disable CA1416 // skipped above
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Sockets));
#pragma warning restore CA1416
    }

    [Fact]
    public async Task The_socket_goes_with_the_process()
    {
        var control = Open([Sockets]);
        Assert.Equal(Path.Combine(Sockets, $"{Environment.ProcessId}.sock"), control.Path);
        await control.DisposeAsync();
        Assert.Empty(Directory.GetFiles(Sockets));
    }

    [Fact]
    public async Task A_directory_that_has_gone_does_not_keep_it_from_ending()
    {
        var control = Open([Sockets]);
        Directory.Delete(Sockets, recursive: true);
        await control.DisposeAsync();
        Assert.False(Directory.Exists(Sockets));
    }

    [Fact]
    public void Root_uses_no_directory_that_others_can_have_made()
    {
        var machine = new TestMachine().Machine;
        Assert.Equal([Path.Combine(machine.TemporaryDirectory, $"onetun-{Environment.UserName}")], ControlDirectory.Candidates(machine));
        Assert.Equal(["/run/onetun"], ControlDirectory.Candidates(machine with { IsRoot = true }));
    }

    [Fact]
    public async Task Root_finds_the_processes_of_services_and_others_look_where_their_own_are()
    {
        var directory = Path.Combine(_runtime.FullName, "onetun-wg0");
        var test = new TestMachine { Variables = { ["RUNTIME_DIRECTORY"] = directory, ["XDG_RUNTIME_DIR"] = "/elsewhere" } };
        var service = test.Machine with { RuntimeDirectory = _runtime.FullName };
        Assert.Equal(directory, ControlDirectory.Candidates(service)[0]);
        await using var control = Open([ControlDirectory.Candidates(service)[0]]);

        var root = new TestMachine().Machine with { RuntimeDirectory = _runtime.FullName, IsRoot = true };
        Assert.Single((await new ProcessFinder(ControlDirectory.Places(root)).FindAsync(Cancellation)).Processes);
        Assert.Equal(ControlDirectory.Common(root), ControlDirectory.Candidates(root)[0]);
        Assert.DoesNotContain(directory, ControlDirectory.Places(root with { IsRoot = false }));
    }

    [Theory]
    [InlineData("/run/other")]
    [InlineData("/run/onetun-wg0/inner")]
    [InlineData("/var/onetun-wg0")]
    [InlineData("onetun-wg0")]
    public void The_runtime_directory_of_another_service_is_not_ours(string directory)
    {
        var machine = new TestMachine { Variables = { ["RUNTIME_DIRECTORY"] = directory } }.Machine;
        Assert.Equal([ControlDirectory.Common(machine)], ControlDirectory.Candidates(machine));
    }

    [Fact]
    public async Task What_an_ended_process_has_left_is_removed()
    {
        ControlDirectory.Create(Sockets);
        var stale = Path.Combine(Sockets, "1.sock");
        Leave(stale);
        var found = await FindAsync();
        Assert.Empty(found.Processes);
        Assert.Empty(found.Problems);
        Assert.False(File.Exists(stale));
    }

    [Fact]
    public async Task A_socket_of_an_ended_process_with_our_number_gives_way()
    {
        ControlDirectory.Create(Sockets);
        Leave(Path.Combine(Sockets, $"{Environment.ProcessId}.sock"));
        await using var control = Open([Sockets]);
        Assert.Single((await FindAsync()).Processes);
    }

    [Fact]
    public async Task A_directory_that_others_may_enter_is_not_used()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
#pragma warning disable CA1416 // skipped above
        Directory.CreateDirectory(Sockets, OwnerOnly | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(Sockets, OwnerOnly | UnixFileMode.OtherExecute);
#pragma warning restore CA1416
        var log = new Warnings();
        await using var control = ControlSocket.Open([Sockets], Status, log);
        Assert.Null(control.Path);
        Assert.Equal($"'onetun status' will not find this process: {Sockets} is open to others", Assert.Single(log.Texts));
    }

    [Fact]
    public async Task A_link_is_not_followed()
    {
        var target = Directory.CreateDirectory(Path.Combine(_runtime.FullName, "target"));
        Directory.CreateSymbolicLink(Sockets, target.FullName);
        await using var control = Open([Sockets]);
        Assert.Null(control.Path);
        Assert.Empty(target.GetFiles());
    }

    [Fact]
    public async Task Where_one_directory_cannot_be_had_the_next_one_is_used()
    {
        var file = Path.Combine(_runtime.FullName, "file");
        await File.WriteAllTextAsync(file, "", Cancellation);
        var tooLong = Path.Combine(_runtime.FullName, new string('x', 120));
        await using var control = Open([Path.Combine(file, "onetun"), tooLong, Sockets]);
        Assert.Equal(Sockets, Path.GetDirectoryName(control.Path));
    }

    [Fact]
    public async Task A_client_that_does_not_read_gives_way_after_two_seconds()
    {
        var clock = new FakeTimeProvider();
        var endless = new ForwardStatus(new string('x', 8 << 20), "", "", 0, 0, 0, 0, 0);
        await using var control = Open([Sockets], () => Status() with { Forwards = [endless] }, clock);
        var idle = new List<Socket>();
        for (var i = 0; i < 4; i++)
        {
            var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            idle.Add(client);
            await client.ConnectAsync(new UnixDomainSocketEndPoint(control.Path!), Cancellation);
            await client.ReceiveAsync(new byte[1], Cancellation);
        }

        var fifth = FindAsync();
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Single((await fifth).Processes);
        idle.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task A_process_of_another_kind_is_a_problem_and_no_process()
    {
        using var other = ListenAsAnother();
        var finding = FindAsync();
        using (var client = await other.AcceptAsync(Cancellation))
        {
            await client.SendAsync("HTTP/1.1 200 OK"u8.ToArray(), Cancellation);
        }

        var found = await finding;
        Assert.Empty(found.Processes);
        Assert.StartsWith(Path.Combine(Sockets, "1.sock: "), Assert.Single(found.Problems));
    }

    [Fact]
    public async Task A_process_that_does_not_answer_is_waited_for_three_seconds()
    {
        using var other = ListenAsAnother();
        var clock = new FakeTimeProvider();
        var finding = FindAsync(clock);
        using var client = await other.AcceptAsync(Cancellation);
        clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(finding.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal([Path.Combine(Sockets, "1.sock does not answer")], (await finding).Problems);
    }

    private Socket ListenAsAnother()
    {
        ControlDirectory.Create(Sockets);
        var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(Path.Combine(Sockets, "1.sock")));
        other.Listen();
        return other;
    }

    // On a clock that stands, for a busy machine may take longer than the patience
    private Task<FoundProcesses> FindAsync(TimeProvider? clock = null) =>
        new ProcessFinder([Sockets], clock ?? new FakeTimeProvider()).FindAsync(Cancellation);

    private static ControlSocket Open(
        IReadOnlyList<string> directories, Func<ProcessStatus>? status = null, TimeProvider? clock = null) =>
        ControlSocket.Open(directories, status ?? Status, NullLogger.Instance, clock);

    private static ProcessStatus Status() => new(7, "1.2.3", DateTime.UnixEpoch, 1, "", [], 0, [], []);

    // As a process leaves it that is killed: bound, and not removed
    private static void Leave(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + ".new"));
        File.Move(path + ".new", path);
    }

    private sealed class Warnings : ILogger
    {
        public List<string> Texts { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Texts.Add(formatter(state, exception));
    }
}
