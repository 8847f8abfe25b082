#!/usr/bin/env bash
# What commands say on the emulated GPU: what they say on the CPU, to rounding. Usage: device_commands.sh PATH/TO/elbow
# shellcheck source=tests/harness.sh
. "$(dirname "$0")/harness.sh"

# alike FILE FILE: the same text and, to 1e-3, the same numbers.
alike() {
  python3 - "$@" <<'END'
import re, sys
number = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
a, b = (open(name).read() for name in sys.argv[1:])
same = number.sub("#", a) == number.sub("#", b)
for x, y in zip(number.findall(a), number.findall(b)):
    same = same and abs(float(x) - float(y)) <= 1e-3 * max(1, abs(float(x)))
sys.exit(0 if same and a else f"{sys.argv[1:]}: {a[:300]}\n{b[:300]}")
END
}
# on_both WHAT COMMAND...: prints the same on both devices.
on_both() {
  "${@:2}" --device cpu >on_cpu.txt || bad "$1 on the CPU"
  "${@:2}" --device cuda >on_gpu.txt || bad "$1 on the GPU"
  check "$1" alike on_cpu.txt on_gpu.txt
}

# --- images whose pixels are the condition ---
dark_and_bright images
cat >holes.json <<'END'
{"name": "holes", "data": {"source": "idx_images", "path": "images", "binarised": true},
 "condition": {"kind": "pixels", "area": [0.2, 0.4]},
 "model": {"encoder": [16], "decoder": [16], "latents": 2, "prior": {"kind": "learned", "hidden": [16]}},
 "evaluation": {"draws": 2, "inpaint_rows": 20, "inpaint_completions": 2, "inpaint_samples": 10},
 "training": {"epochs": 4, "batch_rows": 10, "optimizer": {"kind": "sgd"}, "schedule": {"learning_rate": 0.003}}}
END
holes() { undrawn train holes.json --quiet --threads 1 "$@" || [ $? -eq 3 ]; }
check "training on the CPU" holes --out cpu
check "on the GPU" holes --out gpu --device cuda
check "the same losses" alike cpu/costs.csv gpu/costs.csv
check "the same inpainting" alike cpu/inpainting.csv gpu/inpainting.csv
check "again" holes --out again --device cuda
check "has the same bits" cmp gpu/model.safetensors again/model.safetensors
check "in blocks" holes --out blocks --device cuda --set training.blocks=2
check "to the same losses" alike gpu/costs.csv blocks/costs.csv
check "half of it on the GPU" holes --out moved --device cuda --set training.epochs=2
check "the rest on the CPU" holes --out moved --resume --set training.epochs=4
check "half of it on the CPU" holes --out back --set training.epochs=2
check "the rest on the GPU" holes --out back --resume --device cuda --set training.epochs=4
for run in moved back; do
  check "$run: the same losses" alike cpu/costs.csv $run/costs.csv
done
on_both "evaluate" "$elbow" evaluate cpu --threads 1
on_both "evaluate, one kind of mask" "$elbow" evaluate cpu --threads 1 --set condition.mask=left
on_both "sample" "$elbow" sample cpu --rows 3 --mean
on_both "encode" "$elbow" encode cpu
"$elbow" reconstruct cpu | head -4 | cut -d, -f1-144 | sed '2,$s/,[^,]*,/,,/' >holed.csv
on_both "impute" "$elbow" impute cpu holed.csv
for device in cpu cuda; do
  check "inpaint, $device" "$elbow" inpaint gpu --device $device --scored 7 --samples 20 --rows 3 --out $device.png >/dev/null 2>&1
done
check "the same scores" alike cpu.csv cuda.csv

# --- a sweep, whose runs are trained at once ---
cat >sweep.json <<'END'
{"name": "seeds", "base": "holes.json", "grid": {"seed": [1, 2]}}
END
check "a sweep" undrawn sweep sweep.json --out seeds --device cuda >text 2>&1
check "trains its runs together" grep -q "^2 runs together: epoch 4 of 4" text
check "one run of it alone" holes --out alone --device cuda --seed 2
check "has the same bits" cmp alone/model.safetensors seeds/seed=2/model.safetensors

# --- the story ---
for kind in ae vae cvae; do
  check "a run of story/$kind.json" undrawn train "$source/experiments/story/$kind.json" --out $kind --quiet --threads 1 --set data.path=images \
    --set data.classes=2 --set 'model.encoder=[16]' --set 'model.decoder=[16]' --set training.epochs=1 --set training.batch_rows=10 \
    --set evaluation.draws=2 --set 'evaluation.analyses=[]'
done
for device in cpu cuda; do
  check "the page, $device" "$elbow" story ae vae cvae --out story_$device --device $device --quiet
done
check "the same codes" alike story_cpu/codes.csv story_cuda/codes.csv
check "the same plot, but for rounding" alike story_cpu/codes.svg story_cuda/codes.svg

# --- the times of ops ---
for op in relu linear batch_norm; do
  check "bench ops $op" grep -q '"device":"cuda","forward_us"' <("$elbow" bench ops $op --device cuda --json)
done
check "which says where" grep -q "^ops, float32, cuda, median" <("$elbow" bench ops relu --device cuda)
finish
