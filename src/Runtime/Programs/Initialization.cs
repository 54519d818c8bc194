using System.Text;
using ModelDsl.Memory;

namespace ModelDsl.Programs;

/// <summary>
/// Starting values of parameters. Each element is a function of the seed, the parameter's name and the element's index alone:
/// adding, removing or reordering parameters changes no other parameter.
/// </summary>
public static class Initialization
{
    /// <summary>Fills every parameter of a plan; padding between parameters is left as it is.</summary>
    /// <param name="arena">The parameter arena.</param>
    /// <param name="parameters">The parameters, with their offsets in it.</param>
    /// <param name="seed">The seed.</param>
    public static void Fill(F32 arena, IReadOnlyList<ParameterInfo> parameters, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        foreach (ParameterInfo parameter in parameters) Fill(arena.At((nint)parameter.Offset), parameter, seed);
    }

    /// <summary>Fills one parameter.</summary>
    /// <param name="values">Its first element.</param>
    /// <param name="parameter">Its name, length and initializer; the offset is not used.</param>
    /// <param name="seed">The seed.</param>
    public static void Fill(F32 values, ParameterInfo parameter, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        nint length = (nint)parameter.Length;
        switch (parameter.Initializer.Kind)
        {
            case InitializerKind.Constant:
                for (nint i = 0; i < length; i++) values[i] = parameter.Initializer.Value;
                break;
            case InitializerKind.Normal:
                Normal(values, length, parameter.Initializer.Value, seed, Hash(parameter.Name));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(parameter), $"Parameter '{parameter.Name}' has an unknown initializer {parameter.Initializer.Kind}.");
        }
    }

    /// <summary>FNV-1a, 64 bits, of the UTF-8 bytes of a name: the same on every machine and in every version.</summary>
    internal static ulong Hash(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in Encoding.UTF8.GetBytes(name)) hash = (hash ^ value) * 1099511628211;
        return hash;
    }

    // Four draws a counter value: two pairs of uniforms, each turned into two normals by Box and Muller's transform in double.
    private static void Normal(F32 values, nint length, double deviation, ulong seed, ulong stream)
    {
        Span<float> four = stackalloc float[4];
        for (nint i = 0; i < length; i += 4)
        {
            (ulong low, ulong high) = Philox.Bits(seed, (ulong)i / 4, stream);
            (four[0], four[1]) = Pair(low, deviation);
            (four[2], four[3]) = Pair(high, deviation);
            for (int lane = 0; lane < 4 && i + lane < length; lane++) values[i + lane] = four[lane];
        }
    }

    private static (float First, float Second) Pair(ulong bits, double deviation)
    {
        const double Unit = 1.0 / 4294967296.0;
        double radius = deviation * Math.Sqrt(-2 * Math.Log(((uint)bits + 1.0) * Unit));
        (double sin, double cos) = Math.SinCos(2 * Math.PI * Unit * (uint)(bits >> 32));
        return ((float)(radius * cos), (float)(radius * sin));
    }
}
