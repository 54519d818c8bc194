using System.Globalization;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Layers;

namespace ModelDsl.Compiler.Planning;

/// <summary>Refuses models whose sizes, each in range, multiply to more than any memory holds: sizes of memory and counts of operations then never overflow.</summary>
internal static class SizeCheck
{
    private const double MostParameters = 1L << 38;

    /// <summary>The broken rule of a model that has no other error.</summary>
    public static IEnumerable<ModelError> Check(ModelDeclaration model)
    {
        double parameters = Lowering.Run(model, ProgramKind.Module).Parameters.Sum(parameter => parameter.Parameters.Sum(declared => (double)declared.Length) * Repeats(parameter.Region));
        if (parameters <= MostParameters) yield break;
        yield return DiagnosticCatalogue.TooLarge.At(
            new DeclarationTarget(model.Type.FullName, null, "Model"), model.Type.Name, parameters.ToString("N0", CultureInfo.InvariantCulture), MostParameters.ToString("N0", CultureInfo.InvariantCulture));
    }

    private static double Repeats(Region? region)
    {
        double count = 1;
        for (; region is not null; region = region.Parent) count *= region.Loop?.Count ?? 1;
        return count;
    }
}
