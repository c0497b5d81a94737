using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Onetun.NetStack;

/// <summary>
/// What must hold for the right bytes to be sent, read and given back. It is checked in Release too: a breach throws, and
/// the stack ends the connection (<see cref="StackFault"/>) before anything wrong leaves it.
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

/// <summary>A fault in this code; what did not hold is in the message, as it is written in the source.</summary>
internal sealed class InvariantException(string? text) : Exception($"does not hold: {text}");
