using System.Globalization;

namespace Onetun.Capture;

/// <summary>
/// The files of a capture, one behind the other: <c>wg.pcapng</c>, <c>wg-1.pcapng</c>, <c>wg-2.pcapng</c>. Where there is a most,
/// numbers have equal lengths, and behind the last file comes the first again.
/// </summary>
internal sealed class CaptureSeries(string path, int most)
{
    private int _number;

    /// <summary>Creates the first file.</summary>
    public Stream First() => CaptureFile.Create(path);

    /// <summary>Creates the next one, or empties it.</summary>
    public Stream Next()
    {
        _number = _number + 1 == most ? 0 : _number + 1;
        return CaptureFile.Create(NameOf(_number));
    }

    internal string NameOf(int number)
    {
        if (number == 0)
        {
            return path;
        }

        var digits = most == 0 ? 1 : (most - 1).ToString(CultureInfo.InvariantCulture).Length;
        var suffix = number.ToString($"D{digits}", CultureInfo.InvariantCulture);
        return Path.Combine(
            Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}-{suffix}{Path.GetExtension(path)}");
    }
}
