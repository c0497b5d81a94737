namespace Onetun.NetStack.Tests;

internal static class StackOutput
{
    /// <summary>Takes out whatever the stack has to send and to tell, and gives the number of packets.</summary>
    public static int Drain(this IpStack stack, TimeSpan now)
    {
        Span<byte> buffer = stackalloc byte[2048];
        var count = 0;
        while (stack.TryTransmit(now, buffer, out _))
        {
            count++;
        }

        while (stack.TryTakeEvents(out _, out _))
        {
        }

        return count;
    }
}
