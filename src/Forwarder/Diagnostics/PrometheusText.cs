using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>Writes the instruments of a meter in the text format of Prometheus, version 0.0.4.</summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly StringBuilder _text = new();
    private Instrument? _last;

    private PrometheusText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Append(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What the instruments show now, all of the same moment.</summary>
    public static string Of(ForwarderMeter meter)
    {
        using var text = new PrometheusText(meter.Meter);
        meter.Record(text._listener);
        return text._text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Append(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var isCounter = instrument is ObservableCounter<double>;
        var name = instrument.Name.Replace('.', '_') + (isCounter ? "_total" : "");
        if (_last != instrument)
        {
            _last = instrument;
            _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {instrument.Description}\n");
            _text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {(isCounter ? "counter" : "gauge")}\n");
        }

        var labels = new List<string>();
        foreach (var (key, label) in tags)
        {
            labels.Add($"{key}=\"{Escape(label?.ToString() ?? "")}\"");
        }

        _text.Append(CultureInfo.InvariantCulture, $"{name}{{{string.Join(',', labels)}}} {value:R}\n");
    }

    private static string Escape(string label) => label.Replace("\\", @"\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
