using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Hosting;

/// <summary>
/// Logs each fault once, by the place where it was thrown: a peer who has found one may repeat it as fast as it sends. The
/// counter in the metrics has them all.
/// </summary>
internal sealed class FaultLog(ILogger logger)
{
    /// <summary>Places remembered. Our code cannot fail in more without being rewritten.</summary>
    private const int MaxPlaces = 64;

    private readonly HashSet<string> _places = [];

    /// <summary>Logs it, once for each place; from any thread.</summary>
    public void Write(TunnelFault fault)
    {
        // The line has the type and the stack, but not the message: the runtime's may quote what was received.
        var place = $"{fault.Exception.GetType()}{Environment.NewLine}{fault.Exception.StackTrace}";
        lock (_places)
        {
            if (_places.Count >= MaxPlaces || !_places.Add(place))
            {
                return;
            }
        }

        logger.Faulted(fault.Where, place);
    }
}
