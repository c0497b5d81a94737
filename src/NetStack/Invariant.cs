using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Onetun.NetStack;

/// <summary>
/// Checks what must hold for the right bytes to be sent, read and released, in Release builds too: a breach throws, and the stack
/// ends the connection (<see cref="StackFault"/>) before it sends anything wrong.
/// </summary>
internal static class Invariant
{
    public static void Holds(
        [DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string? text = null)
    {
        if (!condition)
        {
            throw new InvariantException(text);
        }
    }
}

/// <summary>A fault in this code. The message has the condition that did not hold, as written in the source.</summary>
internal sealed class InvariantException(string? text) : Exception($"does not hold: {text}");
