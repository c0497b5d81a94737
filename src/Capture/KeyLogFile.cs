namespace Onetun.Capture;

/// <summary>
/// Writes the keys of every handshake to a file that Wireshark reads (<see cref="KeyLogText"/>). A line is in the file before the
/// message of its handshake is sent, so that Wireshark has the keys when it sees the message. Thread-safe.
/// </summary>
public sealed class KeyLogFile : IPacketTap, IDisposable
{
    private readonly FileStream _file;
    private readonly Lock _lock = new();
    private readonly Action<string> _failed;
    private bool _hasEnded;

    private KeyLogFile(FileStream file, Action<string> failed)
    {
        (_file, _failed) = (file, failed);
    }

    /// <summary>Creates the file, or goes on at its end. Only its owner may read or write it.</summary>
    /// <param name="path">A regular file: a pipe that nobody reads would hold up the handshake.</param>
    /// <param name="failed">Is told, once, why it could not be written any more.</param>
    /// <exception cref="IOException">It cannot be created, or is no regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not create or write it.</exception>
    public static KeyLogFile Open(string path, Action<string> failed)
    {
        var file = CaptureFile.Open(path, FileMode.Append);
        if (file.CanSeek)
        {
            return new KeyLogFile(file, failed);
        }

        file.Dispose();
        throw new IOException("it is no regular file");
    }

    /// <inheritdoc/>
    public TapLayers Layers => TapLayers.Keys;

    /// <inheritdoc/>
    public void OnPacket(in TappedPacket packet)
    {
        // It is shown none
    }

    /// <inheritdoc/>
    public void OnKeys(ReadOnlySpan<byte> keyLog)
    {
        lock (_lock)
        {
            if (_hasEnded)
            {
                return;
            }

            try
            {
                _file.Write(keyLog);
            }
            catch (IOException error)
            {
                _hasEnded = true;
                _failed(error.Message);
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _hasEnded = true;
            _file.Dispose();
        }
    }
}
