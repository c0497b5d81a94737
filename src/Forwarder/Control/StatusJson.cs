using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Onetun.Forwarder.Control;

/// <summary>The JSON form of a status, made at compile time: it survives trimming and native compilation.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProcessStatus))]
[JsonSerializable(typeof(IReadOnlyList<ProcessStatus>))]
internal sealed partial class StatusJson : JsonSerializerContext
{
    /// <summary>It leaves keys as they are: the usual form writes the plus in them as \u002B, for the sake of HTML.</summary>
    public static StatusJson Plain => field ??= new StatusJson(new JsonSerializerOptions(Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
