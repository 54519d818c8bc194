using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Layers;

/// <summary>
/// Turns a declaration into the forward graph of one program: the members in order, wrapped by their norms and residuals, blocks nested, repeated members as loops.
/// </summary>
internal sealed class Lowering
{
    private readonly ModelDeclaration model;
    private readonly Dictionary<string, BlockDeclaration> blocks;
    private readonly Stack<PathStep> path = new();
    private readonly Dictionary<string, Value> tables = [];
    private bool isResidual;
    private long repeats = 1;

    private Lowering(ModelDeclaration model, ProgramKind kind)
    {
        this.model = model;
        blocks = model.Blocks.ToDictionary(block => block.Type.FullName);
        Width = model.Attribute.Int("Width", 0);
        Context = model.Attribute.Int("Context", 0);
        ResidualLayers = Math.Max(1, CountResiduals(model.Members));
        Builder = new GraphBuilder(new ModelGraph(kind));
    }

    public GraphBuilder Builder { get; }

    public ProgramKind Kind => Builder.Graph.Kind;

    /// <summary>Width of the residual stream.</summary>
    public int Width { get; }

    /// <summary>Largest number of positions.</summary>
    public int Context { get; }

    /// <summary>Layers that add to the residual stream, over the whole depth.</summary>
    public double ResidualLayers { get; }

    /// <summary>The forward graph of a program; for training and modules with its backward.</summary>
    public static ModelGraph Run(ModelDeclaration model, ProgramKind kind)
    {
        Lowering lowering = new(model, kind);
        lowering.Run();
        return lowering.Builder.Graph;
    }

    /// <summary>A parameter of the layer being lowered.</summary>
    public ParameterDeclaration Declare(string name, ParameterStart start, bool decay, params int[] shape)
    {
        List<PathStep> steps = [.. path.Reverse()];
        steps.AddRange(name.Split('.').Select(part => new PathStep(part, -1)));
        return new ParameterDeclaration(new ParameterPath(steps.ToEquatableArray()), shape.ToEquatableArray(), start, decay);
    }

    /// <summary>x·Wᵀ + b with W [outputs, columns of x].</summary>
    public Value Linear(Value input, string name, int outputs, bool bias, double? deviation = null)
    {
        Value result = Product(name, input, Builder.Parameter(Weight(name, outputs, input.Shape.Columns, deviation)), transposed: true);
        if (!bias) return result;
        string origin = Builder.Origin;
        Builder.Origin = origin + "." + name;
        Value shift = Builder.Parameter(Declare(name + ".Bias", ParameterStart.Constant(0), decay: false, outputs));
        result = Builder.Pointwise(new Argument(0) + new Argument(1), result, shift);
        Builder.Origin = origin;
        return result;
    }

    /// <summary>The weight of a product, to be stacked with others or used by itself.</summary>
    public ParameterDeclaration Weight(string name, int rows, int columns, double? deviation = null)
        => Declare(name + ".Weight", ParameterStart.Gaussian(deviation ?? Deviation), decay: true, rows, columns);

    /// <summary>x·Wᵀ, or x·W.</summary>
    public Value Product(string name, Value input, Value weight, bool transposed)
    {
        string origin = Builder.Origin;
        Builder.Origin = origin + "." + name;
        Value result = Builder.Add(new Contract(false, transposed), input, weight);
        Builder.Origin = origin;
        return result;
    }

    /// <summary>A norm over the columns of <paramref name="input"/>.</summary>
    public Value Norm(Value input, string name, NormKind kind, double epsilon, bool bias)
    {
        string origin = Builder.Origin;
        if (name.Length > 0) Builder.Origin = origin + "." + name;
        string prefix = name.Length == 0 ? "" : name + ".";
        int columns = input.Shape.Columns;
        Argument x = new(0), y = new(1);
        Value centred = input;
        if (kind == NormKind.LayerNorm)
        {
            Value mean = Builder.Pointwise("Mean", (1.0 / columns) * x, Builder.Add(new Reduce(Axis.Columns), input));
            centred = Builder.Pointwise("Centred", x - y, input, mean);
        }

        Value square = Builder.Add(new Reduce(Axis.Columns), Builder.Pointwise("Square", x * x, centred));
        Value scale = Builder.Pointwise("Scale", Algebra.Apply(UnaryOperator.ReciprocalSqrt, ((1.0 / columns) * x) + epsilon), square);
        Value weight = Builder.Parameter(Declare(prefix + "Weight", ParameterStart.Constant(1), decay: false, columns));
        Value result = Builder.Pointwise(x * y * new Argument(2), centred, scale, weight);
        if (kind == NormKind.LayerNorm && bias)
        {
            Value shift = Builder.Parameter(Declare(prefix + "Bias", ParameterStart.Constant(0), decay: false, columns));
            result = Builder.Pointwise(x + y, result, shift);
        }

        Builder.Origin = origin;
        return result;
    }

    /// <summary>Standard deviation of an ordinary weight's start, as in GPT-2.</summary>
    public static double Deviation => 0.02;

    /// <summary>
    /// Standard deviation of the start of a layer's last weight: less, as in GPT-2, where the layer is added to the residual stream, so that depth does not widen the stream.
    /// </summary>
    public double OutputDeviation => isResidual ? Deviation / Math.Sqrt(ResidualLayers) : Deviation;

    /// <summary>Vocabulary of a head: its own argument, or that of the embedding.</summary>
    public int Vocabulary(AttributeDeclaration head)
        => head.Int("Vocabulary", model.Members.Select(member => member.Find("Embedding")).FirstOrDefault(embedding => embedding is not null)?.Int("Vocabulary", 0) ?? 0);

    /// <summary>The table of another member's embedding, for a tied head.</summary>
    public Value Table(string member) => tables[member];

    public void RememberTable(Value table) => tables[path.Peek().Name] = table;

    private void Run()
    {
        bool hasTokens = model.Members.Any(member => member.Find("Embedding") is not null);
        Value? stream = hasTokens ? null : Builder.Input(Role.ModuleInput, Shape.Activation(Width));
        foreach (MemberDeclaration member in model.Members) stream = Lower(member, stream);
        Value output = stream ?? throw new CompilerException("the model has no layers");
        switch (Kind)
        {
            case ProgramKind.Train:
            case ProgramKind.Evaluate:
                Builder.Origin = Join(model.Members[model.Members.Count - 1].Name, "Loss");
                Node loss = Builder.Node(new CrossEntropy(), output, Builder.Input(Role.Targets, Shape.Activation(1)));
                Builder.Graph.Outputs[Role.RowLosses] = loss.Output;
                break;
            case ProgramKind.Prefill:
                Builder.Graph.Outputs[Role.Logits] = output;
                break;
            case ProgramKind.Module:
                Builder.Graph.Outputs[Role.ModuleOutput] = output;
                break;
        }
    }

    private Value Lower(MemberDeclaration member, Value? input)
    {
        if (member.Find("Repeat") is { } repeat && input is not null)
        {
            path.Push(new PathStep(member.Name, Builder.Region.Depth));
            string origin = Builder.Origin;
            Builder.Origin = Join(origin, member.Name);
            int count = repeat.Int("count", 1);
            repeats *= count;
            AddPlace();
            Value result = Builder.Repeat(Builder.Origin, count, null, [input], carried => [Wrapped(member, carried[0])])[0];
            repeats /= count;
            Builder.Origin = origin;
            path.Pop();
            return result;
        }

        path.Push(new PathStep(member.Name, -1));
        string around = Builder.Origin;
        Builder.Origin = Join(around, member.Name);
        if (member.BlockName is null) AddPlace();
        Value output = Wrapped(member, input);
        Builder.Origin = around;
        path.Pop();
        return output;
    }

    private void AddPlace()
        => Builder.Graph.Layers.Add(new LayerPlace(Builder.Origin, string.Join(".", path.Reverse().Select(step => step.Depth < 0 ? step.Name : step.Name + ".*")), repeats));

    /// <summary>The norms and the residual around a layer: x + layer(norm(x)); with a norm after it x + norm(layer(norm(x))); with that alone norm(x + layer(x)), unless it says otherwise.</summary>
    private Value Wrapped(MemberDeclaration member, Value? input)
    {
        AttributeDeclaration? before = member.Find("PreNorm"), after = member.Find("PostNorm");
        bool residual = isResidual = input is not null && member.Find("Residual") is not null;
        Value output = Inner(member, before is not null && input is not null ? Norm(input, "PreNorm", before) : input);
        bool normsSum = residual && after?.Bool(nameof(PostNormAttribute.InsideResidual), before is not null) == false;
        if (after is not null && !normsSum) output = Norm(output, "PostNorm", after);
        if (residual) output = Builder.Pointwise("Sum", new Argument(0) + new Argument(1), input!, output);
        return normsSum ? Norm(output, "PostNorm", after!) : output;
    }

    private Value Inner(MemberDeclaration member, Value? input)
    {
        if (LayerKinds.DeclaringAttribute(member) is { } attribute) return LayerKinds.Find(attribute.Name)!.Lower(this, attribute, input);
        Value stream = input ?? throw new CompilerException($"'{member.Name}' has no input");
        foreach (MemberDeclaration part in blocks[member.BlockName!].Members) stream = Lower(part, stream);
        return stream;
    }

    private Value Norm(Value input, string name, AttributeDeclaration attribute)
        => Norm(input, name, attribute.Enum("Kind", NormKind.RmsNorm), attribute.Double("Epsilon", 1e-5), attribute.Bool("Bias", true));

    private double CountResiduals(EquatableArray<MemberDeclaration> members)
        => members.Sum(member => (member.Find("Repeat")?.Int("count", 1) ?? 1.0)
            * ((member.Find("Residual") is null ? 0 : 1) + (member.BlockName is { } block && blocks.TryGetValue(block, out BlockDeclaration? found) ? CountResiduals(found.Members) : 0)));

    private static string Join(string path, string name) => path.Length == 0 ? name : path + "." + name;
}
