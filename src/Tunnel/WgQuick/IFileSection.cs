namespace Onetun.Tunnel.WgQuick;

/// <summary>A section of a file, which takes the values of the keys that it has.</summary>
internal interface IFileSection
{
    /// <summary>As it is written in the file.</summary>
    string Name { get; }

    /// <summary>Whether a semicolon begins a comment wherever it is in a line, and not only at its start and after a blank.</summary>
    bool EndsAtSemicolons { get; }

    /// <summary>The value of a key, as it counts; null where there is none, and for a list.</summary>
    WgQuickValue? Find(string key);

    /// <summary>Adds a value; false if the section has no such key.</summary>
    bool TryAdd(string key, WgQuickValue value);
}
