using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl.Checkpoints;

/// <summary>Values of an optimiser, one for each parameter, laid out as the parameter arena is.</summary>
/// <param name="Name">Which: <see cref="Checkpoint.FirstMoment"/> or <see cref="Checkpoint.SecondMoment"/>.</param>
/// <param name="Values">The arena.</param>
public readonly record struct CheckpointSlot(string Name, F32 Values);

/// <summary>
/// A model's parameters, and an optimiser's state if wanted, as the tensors of a safetensors file: parameters under their own
/// names, optimiser values under <c>optimizer.{slot}.{parameter}</c>, the rest as metadata.
/// </summary>
public static class Checkpoint
{
    /// <summary>Metadata: <see cref="ModelPlan.Fingerprint"/> of the model that was saved.</summary>
    public const string FingerprintKey = "modeldsl.fingerprint";

    /// <summary>Metadata: <see cref="ModelPlan.Name"/> of the model that was saved.</summary>
    public const string ModelKey = "modeldsl.model";

    /// <summary>Running mean of gradients.</summary>
    public const string FirstMoment = "first_moment";

    /// <summary>Running mean of squared gradients.</summary>
    public const string SecondMoment = "second_moment";

    private const string OptimizerPrefix = "optimizer.";
    private const string FormatKey = "format"; // by convention; some readers insist on it

    /// <summary>Name of the tensor that stores an optimiser slot of a parameter.</summary>
    public static string SlotName(string slot, string parameter) => $"{OptimizerPrefix}{slot}.{parameter}";

    /// <summary>Adds a model to a file: its parameters, optimiser slots if any, its name and fingerprint.</summary>
    public static void Add(SafetensorsWriter writer, ModelPlan plan, F32 parameters, params ReadOnlySpan<CheckpointSlot> slots)
    {
        writer.Metadata[FormatKey] = "pt";
        writer.Metadata[ModelKey] = plan.Name;
        writer.Metadata[FingerprintKey] = plan.Fingerprint;
        foreach (ParameterInfo parameter in plan.Parameters)
        {
            writer.Add(parameter.Name, parameter.Shape, parameters.At((nint)parameter.Offset));
            foreach (CheckpointSlot slot in slots)
                writer.Add(SlotName(slot.Name, parameter.Name), parameter.Shape, slot.Values.At((nint)parameter.Offset));
        }
    }

    /// <summary>
    /// Loads a model, and optimiser slots if asked for. Everything is checked before anything is written, so that a file that
    /// does not fit changes nothing. Optimiser tensors nobody asked for are passed over, and a file without a fingerprint (written
    /// by another tool) is accepted if every tensor fits.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="plan">The model.</param>
    /// <param name="parameters">The parameter arena.</param>
    /// <param name="slots">Optimiser arenas, laid out the same.</param>
    /// <exception cref="CheckpointException">Tensors are missing, unexpected or of another shape, or the file is of another forward graph.</exception>
    public static void Load(SafetensorsFile file, ModelPlan plan, F32 parameters, params ReadOnlySpan<CheckpointSlot> slots)
    {
        Check(file, plan, slots);
        foreach (ParameterInfo parameter in plan.Parameters)
        {
            file.CopyTo(parameter.Name, parameters.At((nint)parameter.Offset), (nint)parameter.Length);
            foreach (CheckpointSlot slot in slots)
                file.CopyTo(SlotName(slot.Name, parameter.Name), slot.Values.At((nint)parameter.Offset), (nint)parameter.Length);
        }
    }

    private static void Check(SafetensorsFile file, ModelPlan plan, ReadOnlySpan<CheckpointSlot> slots)
    {
        HashSet<string> known = plan.Parameters.Select(parameter => parameter.Name).ToHashSet(StringComparer.Ordinal);
        // All optimiser tensors are the trainer's business, asked for or not.
        List<SafetensorsTensor> strangers = [.. file.Tensors.Where(tensor => !known.Contains(tensor.Name) && !tensor.Name.StartsWith(OptimizerPrefix, StringComparison.Ordinal))];
        // Found by shape, so that each missing tensor looks at its possible names only, however many others a file has.
        ILookup<string, string> names = strangers.ToLookup(tensor => Extents(tensor.Shape), tensor => tensor.Name, StringComparer.Ordinal);
        List<string> unexpected = [.. strangers.Select(tensor => $"{SafetensorsHeader.Quote(tensor.Name)} {Extents(tensor.Shape)}")];
        List<string> missing = [], misshaped = [];
        foreach (ParameterInfo parameter in plan.Parameters)
        {
            // Where a parameter is at fault, its optimiser tensors are too, and saying so thrice helps nobody.
            if (!Fits(parameter.Name, parameter)) continue;
            foreach (CheckpointSlot slot in slots) Fits(SlotName(slot.Name, parameter.Name), parameter);
        }

        if (missing.Count + unexpected.Count + misshaped.Count > 0)
            throw new CheckpointException(file.Path, $"does not fit the model '{plan.Name}':", missing, unexpected, misshaped, Origin(file, plan));
        if (file.Metadata.TryGetValue(FingerprintKey, out string? fingerprint) && fingerprint != plan.Fingerprint)
            throw new CheckpointException(file.Path, $"has the tensors of the model '{plan.Name}' but was saved from another forward graph.", [], [], [], Origin(file, plan));

        bool Fits(string name, ParameterInfo parameter)
        {
            if (!file.TryGetTensor(name, out SafetensorsTensor? tensor))
                missing.Add(Missing(name, Extents(parameter.Shape), names));
            else if (!tensor.Shape.SequenceEqual(parameter.Shape.Select(extent => (long)extent)))
                misshaped.Add($"{SafetensorsHeader.Quote(name)} is {Extents(tensor.Shape)}, the model has {Extents(parameter.Shape)}");
            else if (!SafetensorsFile.IsReadable(tensor.Type))
                misshaped.Add($"{SafetensorsHeader.Quote(name)} is of type {tensor.Type}; F32, F16 and BF16 can be read");
            else
                return true;
            return false;
        }
    }

    private static string Missing(string name, string shape, ILookup<string, string> strangers)
    {
        string line = $"{SafetensorsHeader.Quote(name)} {shape}";
        // Only a tensor of the right shape can be the one that was meant.
        string? near = NearNames.Find(name, strangers[shape], 1).FirstOrDefault();
        return near is null ? line : $"{line}; the file has {SafetensorsHeader.Quote(near)} of this shape";
    }

    private static string Extents<T>(IReadOnlyList<T> shape) => $"[{string.Join(", ", shape)}]";

    private static string Origin(SafetensorsFile file, ModelPlan plan)
    {
        if (!file.Metadata.TryGetValue(FingerprintKey, out string? fingerprint))
            return "The file was saved by another tool: rename or convert its tensors, or declare the model they belong to.";
        file.Metadata.TryGetValue(ModelKey, out string? model);
        string saved = model is null ? "another model" : $"the model {SafetensorsHeader.Quote(model)}";
        return fingerprint == plan.Fingerprint
            ? "The file is of this model, but incomplete or edited: save it again."
            : $"It was saved from {saved} with fingerprint {SafetensorsHeader.Quote(fingerprint)}, this one is {SafetensorsHeader.Quote(plan.Fingerprint)}: load it into the declaration it was saved from, or change sizes, activations, norms and attention options back.";
    }
}
