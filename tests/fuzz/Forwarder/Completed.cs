using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.Forwarder;

/// <summary>What is asynchronous by its signature, and here has all that it could wait for.</summary>
internal static class Completed
{
    public static T ResultOf<T>(Task<T> task)
    {
        Require(task.IsCompleted, "nothing waits for what is there");
#pragma warning disable VSTHRD002 // it has ended
        return task.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }
}
