using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>
/// One object a line, with the names that Microsoft.Extensions.Logging.Console gives: what reads its lines reads ours.
/// </summary>
#pragma warning disable CA1001 // Between two lines the JSON writer holds nothing that must be freed.
internal sealed class JsonFormatter : ILineFormatter
#pragma warning restore CA1001
{
    private static readonly byte[] NewLine = Encoding.UTF8.GetBytes(Environment.NewLine);

    private readonly Utf8JsonWriter _json = new(Stream.Null);

    public void Write(in LogLine line, IBufferWriter<byte> output)
    {
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString("Timestamp"u8, line.FormatTime(stackalloc byte[LogLine.TimeSize]));
        _json.WriteNumber("EventId"u8, line.Id.Id);
        _json.WriteString("LogLevel"u8, Name(line.Level));
        _json.WriteString("Category"u8, line.Target);
        _json.WriteString("Message"u8, line.Message);
        if (line.Exception is not null)
        {
            _json.WriteString("Exception"u8, line.Exception.ToString());
        }

        if (line.State is not null)
        {
            WriteState(line.State);
        }

        _json.WriteEndObject();
        _json.Flush();
        output.Write(NewLine);
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "Trace",
        LogLevel.Debug => "Debug",
        LogLevel.Information => "Information",
        LogLevel.Warning => "Warning",
        LogLevel.Error => "Error",
        _ => "Critical",
    };

    private void WriteState(object state)
    {
        _json.WriteStartObject("State"u8);
        if (state is IEnumerable<KeyValuePair<string, object?>> values)
        {
            _json.WriteString("Message"u8, state.ToString());
            foreach (var (name, value) in values)
            {
                _json.WritePropertyName(name);
                WriteValue(value);
            }
        }

        _json.WriteEndObject();
    }

    private void WriteValue(object? value)
    {
        switch (value)
        {
            case null:
                _json.WriteNullValue();
                break;
            case bool truth:
                _json.WriteBooleanValue(truth);
                break;
            case sbyte or byte or short or ushort or int or uint or long:
                _json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                _json.WriteNumberValue(number);
                break;
            case float number when float.IsFinite(number):
                _json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                _json.WriteNumberValue(number);
                break;
            case decimal number:
                _json.WriteNumberValue(number);
                break;
            default:
                _json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
