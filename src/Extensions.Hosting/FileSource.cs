using System.Security.Cryptography;
using Onetun.Tunnel;

namespace Onetun.Extensions.Hosting;

/// <summary>A file of wg-quick(8), which is looked at again and again: notifications miss mounted secrets, whose links are swapped, and network drives.</summary>
/// <param name="path">Its path.</param>
/// <param name="isWatched">Whether changes are to be seen.</param>
/// <param name="time">When it is looked at.</param>
internal sealed class FileSource(string path, bool isWatched, TimeProvider time) : ITunnelSource
{
    /// <summary>How often it is looked at.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    public string Name => path;

    public Reading Read()
    {
        var file = WgQuickConfiguration.Load(path);
        return new Reading(file.ToOptions(), file.Warnings);
    }

    public IDisposable? Watch(Action changed) => isWatched ? new Watching(path, changed, time) : null;

    private sealed class Watching : IDisposable
    {
        private readonly string _path;
        private readonly Action _changed;
        private readonly ITimer _timer;
        private int _seen;

        public Watching(string path, Action changed, TimeProvider time)
        {
            (_path, _changed, _seen) = (path, changed, Look(path) ?? 0);
            _timer = time.CreateTimer(static watching => ((Watching)watching!).Look(), this, Interval, Interval);
        }

        public void Dispose() => _timer.Dispose();

        private void Look()
        {
            lock (_timer)
            {
                if (Look(_path) is { } now && now != _seen)
                {
                    _seen = now;
                    _changed();
                }
            }
        }

        /// <summary>What tells its contents from others; null for a file that is not there, as while it is replaced.</summary>
        private static int? Look(string path)
        {
            try
            {
                var bytes = File.ReadAllBytes(path);
                var hash = new HashCode();
                hash.AddBytes(bytes);
                CryptographicOperations.ZeroMemory(bytes);
                return hash.ToHashCode();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }
}
