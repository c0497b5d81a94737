using System.Diagnostics;
using System.Net.Sockets;

namespace Postgres;

/// <summary>
/// A server of Debian's package postgresql, in a new folder that only its user and root may enter, where it listens on a Unix-domain socket.
/// It ends, and the folder with it, when this is disposed.
/// </summary>
internal sealed class ThrowAwayPostgres : IAsyncDisposable
{
    /// <summary>Its superuser, who has no password.</summary>
    public const string User = "demo";

    private const string Packages = "/usr/lib/postgresql";

    private readonly string _programs = FindPrograms() ?? throw new InvalidOperationException("PostgreSQL is not installed.");

    private ThrowAwayPostgres(string folder) => Folder = folder;

    public static bool IsInstalled => FindPrograms() is not null;

    public string Folder { get; }

    public UnixDomainSocketEndPoint EndPoint => new(Path.Combine(Folder, ".s.PGSQL.5432"));

    private string Data => Path.Combine(Folder, "data");

    /// <summary>Starts one. A step that has begun comes to its end, so that a cancelled start leaves nothing behind either.</summary>
    public static async Task<ThrowAwayPostgres> StartAsync(CancellationToken cancellationToken)
    {
        // The path of a socket has little room, about 100 bytes.
        var postgres = new ThrowAwayPostgres(await RunAsync("mktemp", ["--directory", "/tmp/onetun-postgres-XXXXXX"], cancellationToken));
        try
        {
            await postgres.BeginAsync(cancellationToken);
            return postgres;
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            await RunAsync($"{_programs}/pg_ctl", ["stop", "--pgdata", Data, "--mode", "immediate"]);
        }

        Directory.Delete(Folder, recursive: true);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        string[] initialization = ["--pgdata", Data, "--username", User, "--auth", "trust", "--no-locale", "--encoding", "UTF8", "--no-sync"];
        await RunAsync($"{_programs}/initdb", initialization, cancellationToken);
        var options = $"-c port=5432 -c listen_addresses='' -c unix_socket_directories={Folder} -c fsync=off";
        string[] start = ["start", "--pgdata", Data, "--log", Path.Combine(Folder, "log"), "--options", options];
        await RunAsync($"{_programs}/pg_ctl", start, cancellationToken);
    }

    private static string? FindPrograms() => !Directory.Exists(Packages)
        ? null
        : Directory.GetDirectories(Packages).Select(version => Path.Combine(version, "bin")).Where(HasServer).Order().LastOrDefault();

    private static bool HasServer(string programs) => File.Exists(Path.Combine(programs, "initdb"));

    /// <summary>Runs a program to its end, unless cancelled before, and gives what it printed.</summary>
    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // The programs of PostgreSQL refuse to be root.
        string[] user = Environment.IsPrivilegedProcess ? ["runuser", "--user", "postgres", "--"] : [];
        // A session of its own, so that the terminal's Ctrl-C reaches this program alone, which ends what it has started.
        string[] command = ["setsid", "--wait", .. user, program, .. arguments];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        if (process.ExitCode == 0)
        {
            return output.Trim();
        }

        cancellationToken.ThrowIfCancellationRequested();                    // the signal has struck it before it had its session
        throw new IOException($"{program}: {output}{await errors}");
    }
}
