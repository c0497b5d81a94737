using System.Diagnostics;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder;

/// <summary>A fault of ours in one line: what it was and where, without any secret from its message.</summary>
internal static class CrashReport
{
    private const int LongestMessage = 200;

    private const int MostFrames = 5;

    public static string Of(Exception error)
    {
        error = error.GetBaseException();
        var frames = new StackTrace(error).GetFrames()
            .Select(DiagnosticMethodInfo.Create)
            .Select(method => $"{method?.DeclaringTypeName}.{method?.Name}")
            .Where(name => name.StartsWith("Onetun.", StringComparison.Ordinal))
            .Take(MostFrames);
        var message = SafeText.Short(error.Message.ReplaceLineEndings(" "), LongestMessage);
        return $"onetun: a fault in onetun: {error.GetType().Name}: {message} (in {string.Join(" < ", frames)})";
    }
}
