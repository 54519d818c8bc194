using ModelDsl.Compiler.Graph;
using ModelDsl.Compiler.Graph.Expressions;
using ModelDsl.Compiler.Graph.Operations;

namespace ModelDsl.Compiler.Fusion;

/// <summary>The kernels of a program, in order.</summary>
/// <param name="Kernels">All of them.</param>
/// <param name="ForwardCount">How many of them belong to the forward of a module.</param>
internal sealed record FusedProgram(IReadOnlyList<Kernel> Kernels, int ForwardCount);

/// <summary>
/// Turns a graph into kernels by a few rules. Prologue: a pointwise value that only products, sums and other pointwise operations read is never stored, but computed where it
/// is read. Epilogue: pointwise operations on a product are done while its tile is in cache. Row chain: sums over rows or columns and pointwise operations of one space share
/// one pass. Chunks: what is as wide as the vocabulary exists for some rows at a time. (The optimiser is one kernel over the whole parameter arena, in the runtime.)
/// </summary>
internal sealed class Fuser
{
    /// <summary>Rows of a chunk of logits: enough to keep the products efficient, few enough to stay in cache.</summary>
    public const int ChunkRows = 256;

    private readonly Uses uses;
    private readonly Dictionary<Value, Formula> unstored = [];

    private Fuser(ModelGraph graph) => uses = new Uses(graph);

    /// <summary>The kernels of a graph, in order. A module's forward and backward are run apart, so nothing is fused across their border.</summary>
    public static FusedProgram Run(ModelGraph graph)
    {
        Fuser fuser = new(graph);
        int border = graph.Kind == ProgramKind.Module && graph.BackwardStart >= 0 ? graph.BackwardStart : graph.Root.Items.Count;
        List<Kernel> kernels = fuser.Fuse([.. graph.Root.Items.Take(border)]);
        int forward = kernels.Count;
        kernels.AddRange(fuser.Fuse([.. graph.Root.Items.Skip(border)]));
        StorageMarker.Mark(kernels, graph);
        return new FusedProgram(kernels, forward);
    }

    private List<Kernel> Fuse(IReadOnlyList<Item> items)
    {
        Section section = new(this, items);
        (int start, int end) = ChunkedRun(items);
        for (int i = 0; i < items.Count; i++)
        {
            if (i == start)
            {
                ChunkKernel chunk = new(ChunkRows);
                Section inner = new(this, [.. items.Skip(start).Take(end - start + 1)]);
                for (; i <= end; i++)
                {
                    inner.Add((Node)items[i]);
                    chunk.Nodes.Add((Node)items[i]);
                }

                chunk.Body.AddRange(inner.Kernels);
                section.Append(chunk);
                if (i == items.Count) break;
            }

            if (items[i] is Node node)
            {
                section.Add(node);
            }
            else
            {
                LoopKernel loop = new((Loop)items[i]);
                loop.Body.AddRange(Fuse(loop.Loop.Body.Items));
                section.Append(loop);
            }
        }

        return section.Kernels;
    }

    /// <summary>From the product that makes the logits of a cross-entropy to the last node that reads something of their width derived from them.</summary>
    private static (int Start, int End) ChunkedRun(IReadOnlyList<Item> items)
    {
        List<Item> list = [.. items];
        int loss = list.FindIndex(item => item is Node { Operation: CrossEntropy });
        if (loss < 0) return (-1, -1);
        Value logits = ((Node)list[loss]).Inputs[0];
        HashSet<Value> wide = [logits];
        Node source = logits.Producer!;
        while (source.Operation is Pointwise)
        {
            source = source.Inputs[0].Producer!;
            wide.Add(source.Output);
        }

        int end = loss;
        for (; end + 1 < list.Count && list[end + 1] is Node next && next.Inputs.Any(wide.Contains); end++)
        {
            if (next.Output.Shape == logits.Shape && next.Operation is CrossEntropyBackward or Pointwise) wide.Add(next.Output);
        }

        return (list.IndexOf(source), end);
    }

    /// <summary>Whether every reader of a pointwise value can compute it for itself.</summary>
    private bool NeedNotBeStored(Value value)
        => !uses.IsKept(value) && uses.Of(value).All(user => user.Operation is Pointwise or Spread or Reduce or Contract);

    /// <summary>How many products read a value, themselves or through formulas that are not stored.</summary>
    private int ProductsThatRead(Value value) => uses.Of(value).Sum(user => user.Operation switch
    {
        Contract => 1,
        Pointwise when user.Output.Shape == value.Shape && NeedNotBeStored(user.Output) => ProductsThatRead(user.Output),
        _ => 0,
    });

    private static bool IsRowScalar(Value value) => value.Shape is { Columns: 1, Rows.Monomial: not Monomial.One };

    /// <summary>The formula a node's operand is read by: the value itself, or what it would have been computed from.</summary>
    private Formula Operand(Value value) => unstored.TryGetValue(value, out Formula? formula) ? formula : Formula.Of(value);

    /// <summary>The kernels of one straight list of nodes.</summary>
    private sealed class Section(Fuser fuser, IReadOnlyList<Item> items)
    {
        private readonly Dictionary<Value, int> producedAt = [];
        private readonly Dictionary<Value, ProductKernel> products = [];
        private readonly HashSet<Value> joinable = [];
        private readonly HashSet<Node> own = [.. items.OfType<Node>()];
        private readonly HashSet<Value> pending = [.. items.OfType<Node>().SelectMany(node => node.Outputs), .. items.OfType<Loop>().SelectMany(loop => loop.Carries).Select(carry => carry.Result)];

        public List<Kernel> Kernels { get; } = [];

        public void Append(Kernel kernel)
        {
            Kernels.Add(kernel);
            foreach (Value written in kernel.Writes)
            {
                producedAt[written] = Kernels.Count - 1;
                pending.Remove(written);
            }
        }

        public void Add(Node node)
        {
            foreach (Value output in node.Outputs) pending.Remove(output);
            switch (node.Operation)
            {
                case Contract:
                    AddProduct(node);
                    break;
                case Pointwise or Spread:
                    AddPointwise(node);
                    break;
                case Reduce reduce:
                    AddToRowKernel(node, reduce.Axis == Axis.Columns ? RowStepKind.ColumnsSum : RowStepKind.RowsSum, fuser.Operand(node.Inputs[0]), node.Inputs[0].Shape);
                    break;
                case { Residence: Residence.View or Residence.Gathers }:
                    producedAt[node.Output] = node.Inputs.Max(Available);
                    break;
                case { Residence: Residence.InPlace }:
                    AddInPlace(node);
                    break;
                default:
                    Append(new LibraryKernel(node));
                    break;
            }
        }

        private int Available(Value value) => producedAt.TryGetValue(value, out int index) ? index : -1;

        private void AddProduct(Node node)
        {
            ProductKernel product = new(node, fuser.Operand(node.Inputs[0]), fuser.Operand(node.Inputs[1]));
            product.Nodes.Add(node);
            product.Stores.Add((node.Output, Formula.Of(node.Output)));
            products[node.Output] = product;
            joinable.Add(node.Output);
            Append(product);
        }

        private void AddPointwise(Node node)
        {
            Expression body = node.Operation is Pointwise pointwise ? pointwise.Body : new Argument(0);
            Formula formula = new Formula(body, node.Inputs).Inline(fuser.Operand);
            if (JoinEpilogue(node, formula)) return;
            if (IsRowScalar(node.Output)) AddToRowKernel(node, RowStepKind.RowScalar, formula, node.Output.Shape);
            else if (fuser.NeedNotBeStored(node.Output) && !IsDearToProducts(node.Output, formula)) fuser.unstored[node.Output] = formula;
            else AddToRowKernel(node, RowStepKind.Element, formula, node.Output.Shape);
        }

        /// <summary>A product reads every element of its operand through the prologue; from more than two matrices that costs more than a store.</summary>
        private bool IsDearToProducts(Value value, Formula formula)
            => fuser.uses.Of(value).Any(user => user.Operation is Contract) && formula.Operands.Count(operand => Broadcasting.Of(operand.Shape, value.Shape) == Broadcast.Full) > 2;

        /// <summary>
        /// Epilogue rule: the node becomes part of the product it reads, if no more has to be stored than before. An operand that one reader takes from memory is
        /// stored, whatever a later reader could do.
        /// </summary>
        private bool JoinEpilogue(Node node, Formula formula)
        {
            foreach (Value operand in node.Inputs)
            {
                if (!joinable.Contains(operand)) continue;
                ProductKernel product = products[operand];
                int position = Kernels.IndexOf(product);
                bool fits = node.Operation is Pointwise && node.Output.Shape == operand.Shape && !fuser.uses.IsKept(operand);
                if (!fits || !AllReadersJoin(operand, position))
                {
                    joinable.Remove(operand);
                    continue;
                }

                Formula inner = product.Stores.FirstOrDefault(store => store.Target == operand).Formula ?? product.Absorbed[operand];
                Formula joined = formula.Inline(value => value == operand ? inner : Formula.Of(value));
                product.Stores.RemoveAll(store => store.Target == operand);
                product.Absorbed[operand] = inner;
                product.Stores.Add((node.Output, joined));
                product.Nodes.Add(node);
                products[node.Output] = product;
                joinable.Add(node.Output);
                producedAt[node.Output] = position;
                return true;
            }

            return false;
        }

        /// <summary>One reader replaces what is stored; several do no harm where each would be stored in any case, or where that is less traffic.</summary>
        private bool AllReadersJoin(Value operand, int position)
        {
            IReadOnlyList<Node> readers = fuser.uses.Of(operand);
            bool mayStore = readers.Count == 1 || SavesTraffic(operand, readers);
            foreach (Node reader in readers)
            {
                // A reader of another section (a backward) runs when this one is long over.
                if (!own.Contains(reader) || reader.Operation is not Pointwise || reader.Output.Shape != operand.Shape) return false;
                if (!mayStore && fuser.NeedNotBeStored(reader.Output)) return false;
                IEnumerable<Value> others = reader.Inputs.Where(input => input != operand).SelectMany(input => fuser.Operand(input).Operands);
                if (others.Any(other => IsLater(other, position))) return false;
            }

            return true;
        }

        /// <summary>
        /// Whether fewer matrices go through memory if a finished product is turned into what its readers make of it: those that only products read, each of several matrices, would have
        /// all of these read by every such product.
        /// </summary>
        private bool SavesTraffic(Value product, IReadOnlyList<Node> readers)
        {
            HashSet<Value> others = [];
            int apart = 1, joined = 0;
            foreach (Node reader in readers)
            {
                Value[] matrices = [.. reader.Inputs.SelectMany(input => fuser.Operand(input).Operands).Where(operand => operand != product && operand.Shape == product.Shape).Distinct()];
                others.UnionWith(matrices);
                int products = fuser.ProductsThatRead(reader.Output);
                if (!fuser.NeedNotBeStored(reader.Output))
                {
                    apart += matrices.Length + 2;
                    joined++;
                }
                else if (products > 1)
                {
                    apart += products * (matrices.Length + 1);
                    joined += products + 1;
                }
                else
                {
                    return false;
                }
            }

            return joined + others.Count < apart;
        }

        /// <summary>Whether a value is not there yet where the kernel at <paramref name="position"/> runs.</summary>
        private bool IsLater(Value value, int position) => pending.Contains(value) || Available(value) >= position;

        private void AddInPlace(Node node)
        {
            Value source = node.Inputs[0];
            if (fuser.uses.Of(source).Count != 1 || fuser.uses.IsKept(source)) throw new CompilerException($"{node.Operation.Describe()} turns {source.Name} in place, but others read it");
            Value whole = source;
            while (whole.Producer is { Operation: Rotary } turned) whole = turned.Inputs[0];
            if (whole.Producer is { Operation: Slice } slice && products.TryGetValue(slice.Inputs[0], out ProductKernel? product) && product.Stores.Any(store => store.Target == slice.Inputs[0]))
            {
                product.Rotations.Add(node);
                product.Nodes.Add(node);
                producedAt[node.Output] = Kernels.IndexOf(product);
                return;
            }

            Append(new LibraryKernel(node));
        }

        private void AddToRowKernel(Node node, RowStepKind kind, Formula formula, Shape space)
        {
            RowKernel? kernel = null;
            for (int i = Kernels.Count - 1; i >= 0 && kernel is null; i--)
            {
                if (Kernels[i] is not RowKernel candidate || candidate.Rows != space.Rows) continue;
                if (candidate.Columns != space.Columns && kind != RowStepKind.RowScalar) continue;
                if (formula.Operands.All(operand => IsAvailableTo(candidate, i, operand))) kernel = candidate;
            }

            if (kernel is null)
            {
                kernel = new RowKernel(space.Rows, space.Columns);
                Kernels.Add(kernel);
            }

            Formula inlined = formula.Inline(value => kernel.Steps.FirstOrDefault(step => step.Target == value && step.Kind == RowStepKind.Element)?.Formula ?? Formula.Of(value));
            kernel.Steps.Add(new RowStep(kind, node.Output, inlined));
            kernel.Nodes.Add(node);
            producedAt[node.Output] = Kernels.IndexOf(kernel);
        }

        private bool IsAvailableTo(RowKernel kernel, int index, Value operand)
        {
            RowStep? own = kernel.Steps.FirstOrDefault(step => step.Target == operand);
            return own is not null ? own.Kind != RowStepKind.RowsSum : Available(operand) < index;
        }
    }
}
