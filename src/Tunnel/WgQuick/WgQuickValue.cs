namespace Onetun.Tunnel.WgQuick;

/// <summary>A value as it was written in a file, and its line, from 1.</summary>
internal readonly record struct WgQuickValue(string Text, int Line);
