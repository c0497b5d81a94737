using System.Runtime.ExceptionServices;

namespace Onetun.Forwarder.Common;

/// <summary>Does what may wait for somebody who never comes, such as opening a FIFO, and bounds that.</summary>
internal static class Patiently
{
    /// <summary>What a function returns or throws.</summary>
    /// <param name="function">What may wait.</param>
    /// <param name="patience">How long it may.</param>
    /// <param name="delay">What has not happened by then, as people are told.</param>
    /// <exception cref="IOException">It does not end in time, and is left to itself.</exception>
    public static T Do<T>(Func<T> function, TimeSpan patience, string delay)
    {
        T result = default!;
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = function();
            }
#pragma warning disable CA1031 // It is thrown to whoever waits.
            catch (Exception error)
#pragma warning restore CA1031
            {
                fault = ExceptionDispatchInfo.Capture(error);
            }
        });
        thread.IsBackground = true;
        thread.Start();
        if (!thread.Join(patience))
        {
            throw new IOException($"{delay} within {patience.TotalSeconds:0} s");
        }

        fault?.Throw();
        return result;
    }
}
