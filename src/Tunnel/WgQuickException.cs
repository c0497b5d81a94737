using Onetun.Tunnel.Text;

namespace Onetun.Tunnel;

/// <summary>A text is no wg-quick file, or not one that a tunnel can be made of. Its message lists all that is wrong.</summary>
public sealed class WgQuickException : FormatException
{
    internal WgQuickException(string name, IReadOnlyList<WgQuickFault> faults)
        : base(string.Join($"{Environment.NewLine}  ", faults.Select(fault => $"{fault}").Prepend($"{SafeText.Of(name)} cannot be used:"))) =>
        Faults = faults;

    /// <summary>All that is wrong, at least one thing, in the order of the lines.</summary>
    public IReadOnlyList<WgQuickFault> Faults { get; }
}
