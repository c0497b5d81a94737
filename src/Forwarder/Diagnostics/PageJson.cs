using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>The JSON form of what the page shows, made at compile time as that of a status is.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PageStatus))]
internal sealed partial class PageJson : JsonSerializerContext
{
    /// <summary>It leaves keys as they are, for it is never part of a document in HTML.</summary>
    public static PageJson Plain => field ??= new PageJson(new JsonSerializerOptions(Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
