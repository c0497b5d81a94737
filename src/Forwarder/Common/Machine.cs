using System.Diagnostics.CodeAnalysis;
using System.Net;
using Onetun.Tunnel;
using Onetun.Tunnel.Names;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Common;

/// <summary>What configuration asks of the machine it is read on.</summary>
internal sealed record Machine
{
    /// <summary>An environment variable; null where it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The names of all that are set.</summary>
    public Func<IEnumerable<string>> Variables { get; init; } =
        () => Environment.GetEnvironmentVariables().Keys.Cast<string>();

    /// <summary>The text of a file; throws as <see cref="File"/> does.</summary>
    public Func<string, string> ReadFile { get; init; } = ReadText;

    /// <summary>All of standard input; throws as <see cref="File"/> does.</summary>
    public Func<string> ReadInput { get; init; } = static () => throw new IOException("there is no standard input");

    /// <summary>Whether a file is there, or may be: we are not let into its directory.</summary>
    public Func<string, bool> FileExists { get; init; } = Exists;

    /// <summary>
    /// How long a file may take to come: it may be written while we wait, by a program that asks for a password.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Who may read a file; null where the system has no such modes, or the file is gone by now.</summary>
    public Func<string, UnixFileMode?> FileMode { get; init; } = ReadMode;

    /// <summary>Whether file modes do not bind us.</summary>
    public bool IsRoot { get; init; } = !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;

    /// <summary>Whether we may mark the datagrams that we send.</summary>
    public Func<bool> CanMark { get; init; } = OuterRoute.CanMark;

    /// <summary>Where root alone may make directories, which go when the system stops.</summary>
    public string RuntimeDirectory { get; init; } = "/run";

    /// <summary>Where anyone may make files.</summary>
    public string TemporaryDirectory { get; init; } = Path.GetTempPath();

    /// <summary>The addresses of a name; throws as <see cref="Dns"/> does.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = SystemNames.ResolveAsync;

    /// <summary>The text of a file, or why it cannot be had.</summary>
    public bool TryReadFile(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? reason)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            (text, reason) = (null, path.Length == 0 ? "its name is empty" : "there is no such file");
            return false;
        }

        return TryRead(() => ReadFile(path), path, $"nobody opened the other end of {path}", out text, out reason);
    }

    /// <summary>The text of standard input, or why it cannot be had.</summary>
    public bool TryReadInput([NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? reason) =>
        TryRead(ReadInput, "standard input", "standard input did not end", out text, out reason);

    private bool TryRead(
        Func<string> read, string path, string delay, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? reason)
    {
        try
        {
            (text, reason) = (Patiently.Do(read, Patience, delay), null);
            return true;
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // It may be a key that was given for a file.
            var message = error.Message.Replace(Path.GetFullPath(path), path, StringComparison.Ordinal);
            (text, reason) = (null, message.Replace(path, SafeText.Of(path), StringComparison.Ordinal));
            return false;
        }
    }

    private static bool Exists(string path)
    {
        try
        {
            _ = File.GetAttributes(path);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return error is UnauthorizedAccessException;
        }
    }

    private static UnixFileMode? ReadMode(string path)
    {
        try
        {
            return OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string ReadText(string path)
    {
        if (Directory.Exists(path))
        {
            // Linux would say that access is denied.
            throw new IOException($"{path} is a directory");
        }

        // The only buffer must be the one that is zeroed.
        using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0 });
        return EncodedText.Read(file, path);
    }
}
