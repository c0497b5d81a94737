namespace Onetun.Forwarder.Configuration;

/// <summary>A section of a file, which takes the values of the keys that it has.</summary>
internal interface IFileSection
{
    /// <summary>As it is written in the file.</summary>
    string Name { get; }

    /// <summary>The value of a key, as it counts; absent where there is none, and for a list.</summary>
    Setting Find(string key);

    /// <summary>Adds a value; false if the section has no such key.</summary>
    bool TryAdd(string key, Setting value);
}
