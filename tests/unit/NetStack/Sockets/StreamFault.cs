using System.Net.Sockets;

namespace Onetun.NetStack.Tests;

/// <summary>How .NET's own streams fail.</summary>
internal static class StreamFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Waits for a fault of exactly this kind.</summary>
    public static async Task AssertAsync(SocketError expected, Task task)
    {
        var error = await Assert.ThrowsAsync<IOException>(() => task.WaitAsync(Patience));
        Assert.Equal(expected, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }
}
