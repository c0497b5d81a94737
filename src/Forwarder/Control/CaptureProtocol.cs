using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Control;

/// <summary>
/// How another process of this user asks us for a capture: a line with a <see cref="CaptureRequest"/>. The answer is a line, "OK" or
/// "NO" and the reason, and behind an "OK" the file, as it grows. It ends when the one who asked has no more to say, which is how it
/// asks for that, or is gone.
/// </summary>
internal static class CaptureProtocol
{
    /// <summary>What the name of the socket ends in.</summary>
    public const string Extension = ".capture";

    private const string Yes = "OK";
    private const string No = "NO ";
    private const int LongestLine = 64 * 1024;

    /// <summary>The socket of a process; null if there is none.</summary>
    public static string? SocketOf(int process, IEnumerable<string> directories) => directories
        .Where(ControlDirectory.IsPrivate)
        .Select(directory => Path.Combine(directory, $"{process}{Extension}"))
        .FirstOrDefault(File.Exists);

    /// <summary>Asks for a capture: the connection that the file comes on, or why there is none.</summary>
    /// <exception cref="SocketException">Nobody is there, or has answered.</exception>
    public static async Task<(Socket? File, string? Refusal)> AskAsync(string path, CaptureRequest request, CancellationToken cancellationToken)
    {
        var socket = await UnixStream.ConnectAsync(path, cancellationToken).ConfigureAwait(false);
        try
        {
            var question = JsonSerializer.Serialize(request, CaptureJson.Default.CaptureRequest);
            await SayAsync(socket, question, cancellationToken).ConfigureAwait(false);
            var answer = await HearAsync(socket, cancellationToken).ConfigureAwait(false);
            if (answer == Yes)
            {
                return (socket, null);
            }

            socket.Dispose();
            return (null, answer.StartsWith(No, StringComparison.Ordinal) ? SafeText.Of(answer[No.Length..]) : "it does not understand");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What is asked for; null if it is nothing that we understand.</summary>
    /// <exception cref="SocketException">Who asked is gone.</exception>
    public static async Task<CaptureRequest?> ReadAsync(Socket client, CancellationToken cancellationToken)
    {
        var question = await HearAsync(client, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(question, CaptureJson.Default.CaptureRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Has the file follow.</summary>
    public static Task AcceptAsync(Socket client, CancellationToken cancellationToken) => SayAsync(client, Yes, cancellationToken);

    /// <summary>Says why there is none.</summary>
    public static Task RefuseAsync(Socket client, string reason, CancellationToken cancellationToken) =>
        SayAsync(client, $"{No}{reason.ReplaceLineEndings(" ")}", cancellationToken);

    private static Task SayAsync(Socket socket, string line, CancellationToken cancellationToken) =>
        socket.SendAllAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellationToken);

    // Byte by byte: what is behind the line is not ours to read
    private static async Task<string> HearAsync(Socket socket, CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        var next = new byte[1];
        while (line.Count < LongestLine && await socket.ReceiveAsync(next, SocketFlags.None, cancellationToken).ConfigureAwait(false) > 0)
        {
            if (next[0] == (byte)'\n')
            {
                return Encoding.UTF8.GetString([.. line]);
            }

            line.Add(next[0]);
        }

        throw new SocketException((int)SocketError.ConnectionReset);
    }
}
