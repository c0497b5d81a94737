namespace Onetun.Capture;

/// <summary>Why a text is no <see cref="PacketFilter"/>.</summary>
public sealed class PacketFilterFault
{
    private readonly string _text;

    internal PacketFilterFault(string text, string message, int position, int length)
    {
        _text = text;
        Message = message;
        Position = position;
        Length = length;
    }

    /// <summary>What is wrong and what to write instead, in one line.</summary>
    public string Message { get; }

    /// <summary>Where the part begins that is wrong: 0 up to the length of the text, where something is missing at its end.</summary>
    public int Position { get; }

    /// <summary>How many characters are wrong: 0 where something is missing.</summary>
    public int Length { get; }

    /// <summary>
    /// Two lines without an end of line: the text, and under what is wrong <c>^~~~</c>. Whatever a terminal would obey is shown as
    /// a blank, and of a text that is too long only the beginning.
    /// </summary>
    public string Picture
    {
        get
        {
            var shown = string.Create(Math.Min(_text.Length, PacketFilter.MaxLength + 1), _text, static (picture, text) =>
            {
                for (var i = 0; i < picture.Length; i++)
                {
                    picture[i] = char.IsControl(text[i]) ? ' ' : text[i];
                }
            });
            var length = Math.Clamp(Length, 1, Math.Max(1, shown.Length - Position));
            return $"{shown}{Environment.NewLine}{new string(' ', Position)}^{new string('~', length - 1)}";
        }
    }

    /// <summary>The message and the picture, in three lines.</summary>
    public override string ToString() => $"{Message}{Environment.NewLine}{Picture}";
}
