using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Emit;
using ModelDsl.Programs;

namespace ModelDsl.TestSupport;

/// <summary>
/// Models compiled from text into one assembly in memory, the generator run on them. Extents are constants of the generated code, so tests
/// that vary them need many models: one compilation for all of them costs little more than one for each.
/// </summary>
internal sealed class InMemoryModels
{
    private static int count;

    private readonly Assembly assembly;

    private InMemoryModels(Assembly assembly) => this.assembly = assembly;

    /// <summary>Compiles and loads.</summary>
    /// <param name="sources">Files of models and blocks; each may begin with its usings.</param>
    /// <exception cref="InvalidOperationException">There is a warning or an error; the message lists all of them.</exception>
    public static InMemoryModels Load(params IEnumerable<string> sources)
    {
        string name = "InMemoryModels" + Interlocked.Increment(ref count);
        Compilation output = ModelCompilation.WithGenerated(ModelCompilation.Create(name, sources));
        using MemoryStream image = new();
        EmitResult result = output.Emit(image);
        string[] problems = [.. result.Diagnostics.Where(ModelCompilation.IsProblem).Select(static diagnostic => diagnostic.ToString())];
        if (!result.Success || problems.Length > 0)
            throw new InvalidOperationException("The models do not compile:" + Environment.NewLine + string.Join(Environment.NewLine, problems));

        image.Position = 0;
        return new InMemoryModels(new AssemblyLoadContext(name, isCollectible: false).LoadFromStream(image));
    }

    /// <summary>A class by its full name.</summary>
    public Type Type(string name) => assembly.GetType(name) ?? throw new ArgumentException($"There is no class '{name}'.", nameof(name));

    /// <summary>The compiled programs of a model, by the class's full name.</summary>
    public ModelProgram Program(string model)
        => (ModelProgram)Invoke(Type(model).GetMethod("__Program", BindingFlags.NonPublic | BindingFlags.Static), model);

    /// <summary>A new instance of a model, by the class's full name.</summary>
    public ModelInstance Create(string model, int seed = 0) => ModelInstance.Create(Program(model), seed);

    private static object Invoke(MethodInfo? method, string model)
    {
        if (method is null) throw new ArgumentException($"'{model}' is no model, or an invalid one.", nameof(model));
        return method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null)!;
    }
}
