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

    public static async Task<ThrowAwayPostgres> StartAsync()
    {
        // The path of a socket has little room, about 100 bytes.
        var postgres = new ThrowAwayPostgres(await RunAsync("mktemp", "--directory", "/tmp/onetun-postgres-XXXXXX"));
        try
        {
            await postgres.BeginAsync();
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
            await RunAsync($"{_programs}/pg_ctl", "stop", "--pgdata", Data, "--mode", "immediate");
        }

        Directory.Delete(Folder, recursive: true);
    }

    private async Task BeginAsync()
    {
        await RunAsync($"{_programs}/initdb", "--pgdata", Data, "--username", User, "--auth", "trust", "--no-locale", "--encoding", "UTF8", "--no-sync");
        var options = $"-c port=5432 -c listen_addresses='' -c unix_socket_directories={Folder} -c fsync=off";
        await RunAsync($"{_programs}/pg_ctl", "start", "--pgdata", Data, "--log", Path.Combine(Folder, "log"), "--options", options);
    }

    private static string? FindPrograms() => !Directory.Exists(Packages)
        ? null
        : Directory.GetDirectories(Packages).Select(version => Path.Combine(version, "bin")).Where(HasServer).Order().LastOrDefault();

    private static bool HasServer(string programs) => File.Exists(Path.Combine(programs, "initdb"));

    /// <summary>Runs a program to its end and gives what it printed.</summary>
    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        // The programs of PostgreSQL refuse to be root.
        string[] user = Environment.IsPrivilegedProcess ? ["runuser", "--user", "postgres", "--"] : [];
        string[] command = [.. user, program, .. arguments];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{program}: {output}{await errors}");
    }
}
