using System.Text.Json.Serialization;

namespace Onetun.Forwarder.Control;

/// <summary>The JSON form of a status, made at compile time: it stands trimming and native code.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProcessStatus))]
[JsonSerializable(typeof(IReadOnlyList<ProcessStatus>))]
internal sealed partial class StatusJson : JsonSerializerContext;
