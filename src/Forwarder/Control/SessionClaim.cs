using System.Globalization;
using Onetun.Forwarder.Common;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Control;

/// <summary>
/// The right to the sessions with some peers, which one process of a user has at a time: a peer has one session with a key,
/// so two processes would take it from each other again and again.
/// </summary>
internal sealed class SessionClaim : IDisposable
{
    // With EAGAIN, which is this number on Linux, flock(2) says that another has it.
    private const int WouldBlock = 11;

    private readonly List<FileStream> _files;

    private SessionClaim(List<FileStream> files, string? gate) => (_files, Gate) = (files, gate);

    /// <summary>Where processes that come later may ask this one for connections; null where none can find it.</summary>
    public string? Gate { get; }

    /// <summary>Takes it, or says who has it. Where there is no directory for it, nobody can tell.</summary>
    /// <param name="directory">For this user's processes alone.</param>
    /// <param name="ours">Our key.</param>
    /// <param name="peers">Theirs, at least one.</param>
    public static (SessionClaim? Claim, SessionHolder? Holder) Take(string directory, PublicKey ours, IEnumerable<PublicKey> peers)
    {
        var files = new List<FileStream>();
        try
        {
            ControlDirectory.Create(directory);
            string? gate = null;
            foreach (var peer in peers)
            {
                var path = Path.Combine(directory, NameOf(ours, peer));
                if (TryOpen($"{path}.lock") is not { } file)
                {
                    Release(files);
                    return (null, ReadHolder($"{path}.holder"));
                }

                files.Add(file);
                gate ??= $"{path}.gate";
                // It has a file of its own, for nobody else may open the locked one.
                File.WriteAllText($"{path}.holder", string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n{gate}"));
            }

            Sweep(directory);
            return (new SessionClaim(files, gate), null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Release(files);
            return (new SessionClaim([], null), null);
        }
    }

    /// <summary>Gives it back, and removes what was there for it.</summary>
    public void Dispose() => Release(_files);

    /// <summary>Removes what processes that were killed have left. Whoever wants it at that moment has to try again.</summary>
    private static void Sweep(string directory)
    {
        try
        {
            foreach (var path in Directory.EnumerateFiles(directory, "*.lock"))
            {
                if (TryOpen(path) is { } file)
                {
                    Release(file);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What cannot be removed stays.
        }
    }

    // A socket's path has 104 bytes at most on some systems, and ten bytes of a hash are enough for one user's keys.
    private static string NameOf(PublicKey ours, PublicKey peer)
    {
        Span<byte> keys = stackalloc byte[2 * PublicKey.Size];
        ours.CopyTo(keys);
        peer.CopyTo(keys[PublicKey.Size..]);
        return Convert.ToHexStringLower(Digest.Sha256(keys).AsSpan(0, 10));
    }

    /// <summary>Null if another process has it. The system gives it back for a process that dies.</summary>
    private static FileStream? TryOpen(string path)
    {
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            while (IsRemoved(file))
            {
                file.Dispose();
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }

            return file;
        }
        catch (IOException error) when (error.HResult == WouldBlock || File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Whether its holder has removed it between our opening and locking it: then another may have a new one.</summary>
    private static bool IsRemoved(FileStream file) => OperatingSystem.IsLinux()
        // This is how proc(5) marks it.
        && new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget is { } target
        && target.EndsWith(" (deleted)", StringComparison.Ordinal);

    private static SessionHolder ReadHolder(string path)
    {
        try
        {
            return File.ReadAllText(path).Split('\n') is [var pid, var gate]
                && int.TryParse(pid, CultureInfo.InvariantCulture, out var number)
                    ? new SessionHolder(number, gate)
                    : SessionHolder.Unknown;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return SessionHolder.Unknown;
        }
    }

    // They are forgotten, for after this they may be another's.
    private static void Release(List<FileStream> files)
    {
        files.ForEach(Release);
        files.Clear();
    }

    /// <summary>
    /// The lock goes last: whoever makes a new one finds nothing of ours, and whoever has opened this one sees that it is gone.
    /// </summary>
    private static void Release(FileStream file)
    {
        if (OperatingSystem.IsLinux())
        {
            ControlDirectory.Remove(Path.ChangeExtension(file.Name, ".holder"));
            ControlDirectory.Remove(Path.ChangeExtension(file.Name, ".gate"));
            ControlDirectory.Remove(file.Name);
        }

        file.Dispose();
    }
}
