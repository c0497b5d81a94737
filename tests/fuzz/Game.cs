namespace Onetun.Fuzz;

/// <summary>
/// One run against a subject of its own: a beginning, steps, and an end, each of which throws if something is amiss. Nothing
/// but the dice decides what happens, and no step needs another to have been.
/// </summary>
internal abstract class Game
{
    /// <summary>Packets, datagrams or texts the subject was given.</summary>
    public long Inputs { get; protected set; }

    /// <summary>What happened, in words; kept only when a fault is told.</summary>
    public List<string>? Story { get; set; }

    public virtual void Begin(Dice dice)
    {
    }

    public abstract void Step(Dice dice);

    public virtual void End()
    {
    }
}

/// <summary>A kind of game.</summary>
/// <param name="Name">As the command line calls it.</param>
/// <param name="About">What it attacks.</param>
/// <param name="Steps">How long a game is.</param>
/// <param name="NewGame">Sets one up.</param>
internal sealed record Target(string Name, string About, int Steps, Func<Game> NewGame);
